// Package eventsource reads Kinesis streams for Lambda functions: the pollers behind event source mappings.
//
// A [Poller], made with [Start], reads every shard of one stream and calls one function with batches of records until
// [Poller.Stop]; it hands back where it was ([Checkpoints]), and a later poller goes on from there. It reads through
// [Streams], calls through [Invoker], sends what could not be processed through [Destinations] and is set up by
// [Settings]. A poller waits for records by notification: an idle shard costs nothing and a record is read at once.
//
// Per shard it gathers records that pass the filter until there are BatchSize of them, or the event would pass 6 MB, or the
// batching window is over; invokes; and on failure retries with a growing pause, bisects, takes partial batch responses,
// gives up by retries, by age or by the stream's retention, and then tells the on-failure destination. With a
// parallelization factor above 1, records of one partition key stay in order, and the checkpoint is before the lowest
// unfinished record. With tumbling windows the function gets the window that its records arrived in, and the state that it
// returned before. A shard that came out of a reshard is read only after all its parents are drained. A consumer with
// enhanced fan-out is read through [FanOut]. A [Saver] keeps checkpoints while the poller runs.
//
// Followed: AWS Lambda developer guide, "Using Lambda to process records from Amazon Kinesis Data Streams", "Polling and
// batching streams", "Configuring partial batch response", "Retaining discarded batch records", "Implementing stateful
// Kinesis Data Streams processing in Lambda", "Using event filtering with a Kinesis event source". What AWS does not tell
// and what is different is in the [Ledger].
//
// A Poller may be stopped and asked by several goroutines at once.
package eventsource
