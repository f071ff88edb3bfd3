// Package rebuild repairs an event log from Kinesis: it reads a stream again from a
// time on and appends what the log misses.
//
//	kin, lam, err := rebuild.Connect(ctx, rebuild.Endpoint{Region: "us-east-1"})
//	...
//	sum, err := rebuild.Run(ctx, rebuild.Config{
//		Kinesis: kin, Log: log, Stream: "weather", Route: route, From: time.Now().Add(-2 * time.Hour),
//		Pause: &rebuild.Pause{Lambda: lam, Function: "consumer"},
//	})
//
// [Run] turns records into events with the consumer's own code (package ingest),
// finds by their ids which of them no lane of the log has, and appends those, the
// shards of a stream side by side, each in its order, the children of a split or
// merge after their parents. A Run that is repeated appends nothing, as long as the
// log still has what the first one appended.
//
// # What is and what is not missing
//
// A record is looked at if Kinesis accepted it at From or later, and no later than
// about a minute after the Run began. It is missing if the log does not have its
// event now. So what the log had and has trimmed is missing, too: From should not be
// further back than the log's retention before the loss.
//
// A consumer that is ahead of From skips what is appended here when it comes to it. One
// that has yet to append records from before From skips nothing: what it then finds
// appended here it appends again, and the records from before From come after those.
// So it is with any part of the log, a lane or, where shards are read in parallel, a
// key, that has nothing of the consumer since From. Subscribers get such events twice,
// with one id; the Go SDK drops the ids that it remembers.
//
// # Order
//
// Events come in the order of their partition key only if nothing else appends
// meanwhile. So a [Pause] disables the consumer's event source mapping, waits until it
// has come to rest, and enables it again in the end, whatever happens; only a process
// that is killed leaves it disabled, and who calls Run is told beforehand which one it
// is. Without a Pause a key that gets new records meanwhile may get older ones after
// them, and a record that both the consumer and Run append in the same moment is in
// the log twice, with one id.
//
// In the log the missing events come after all that was appended before, in each
// lane behind an entry that tells of a break: a subscriber of that lane is told of a
// gap (LOG_RESET) and then gets them. One that had read some of them before the loss
// gets those again; the Go SDK drops the ids that it remembers.
//
// # Limits
//
// Run keeps the ids of the log's events since From in memory, about 80 bytes each, and
// of a few shards a page of records each. It reads a shard at most four times a second
// and 2 MiB/s, as Kinesis allows, and waits, with jitter, when Kinesis is used up by
// others.
//
// What AWS does is read from the API references of Kinesis Data Streams (GetRecords,
// GetShardIterator, ListShards) and Lambda (UpdateEventSourceMapping,
// ListEventSourceMappings). AWS does not say whether an invocation may still run when
// a mapping says that it is Disabled; so the log is looked at again before every
// append.
//
// Functions may be called concurrently; two Runs for one log at the same time append
// twice what both find missing.
package rebuild
