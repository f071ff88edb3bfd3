// Package eventsource reads Kinesis streams for Lambda functions: the pollers behind event source mappings.
//
// A [Poller], made with [Start], reads every shard of one stream and calls one function with batches of records until
// [Poller.Stop]; it hands back where it was ([Checkpoints]), and a later poller goes on from there. It reads through
// [Streams], calls through [Invoker], sends what could not be processed through [Destinations] and is set up by
// [Settings]. A poller waits for records by notification: an idle shard costs nothing and a record is read at once.
//
// Per shard it gathers records until there are BatchSize of them, or the event would pass 6 MB, or the batching window
// is over; invokes; and on failure retries with a growing pause, bisects, takes partial batch responses, gives up by
// retries or by age, and then tells the on-failure destination. With a parallelization factor above 1, records of one
// partition key stay in order, and the checkpoint is before the lowest unfinished record. A shard that came out of a
// reshard is read only after all its parents are drained. The shards are listed again when one is drained and every ten
// seconds, so that those of a stream that was deleted and made anew are found.
//
// Followed: AWS Lambda developer guide, "Using Lambda to process records from Amazon Kinesis Data Streams", "Configuring
// partial batch response", "Retaining discarded batch records", "Batching behavior".
//
// Ledger, what AWS does not tell and what is different:
//   - the pause between failed attempts is 1 s, doubled up to 10 s, with jitter; AWS shows about 8 attempts a minute;
//   - halves of a bisected batch are tried in order; AWS does not say;
//   - the hash of the parallelization factor is FNV-1a of the partition key; AWS does not say which it uses;
//   - the batching window begins anew after each invocation and, while there are none, after each window without records;
//   - a partial batch response that is no JSON object, and not empty, fails the whole batch;
//   - a single record whose event passes 6 MB is a batch that fails;
//   - with a parallelization factor above 1, a partition key that fails holds up the others once the greater of 10,000
//     records and two batches for every lane have been read after it;
//   - with neither retries nor age limited, a batch is retried for ever: the stream's retention does not end it;
//   - of a shard that its stream has no longer, what has been read is still delivered; AWS does not say;
//   - of a stream made anew within the second in which the one before was made, the first records may be missed;
//   - a message that the destination does not take is tried three times, then logged and dropped;
//   - no filter criteria, no tumbling windows, no enhanced fan-out, no provisioned pollers.
//
// A Poller may be stopped and asked by several goroutines at once.
package eventsource
