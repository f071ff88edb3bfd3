// Command consumer is the Lambda function (runtime provided.al2023, built as the
// static executable bootstrap) that reads a Kinesis stream into the event log.
//
// It is configured by environment variables only; a mistake ends it at start with
// all mistakes listed.
//
//	SPILLWAY_REDIS_URL        where the event log is, redis:// or rediss://; required
//	SPILLWAY_ROUTE            how a record gets its topic; {partition_key} by default
//	SPILLWAY_LOG_NAME         sets logs apart that share a Redis; spillway by default
//	SPILLWAY_LANES            lanes of a log that is made anew, 1 to 256; 16 by default
//	SPILLWAY_RETENTION        how long events are kept, a Go duration; 1h by default
//	SPILLWAY_BUDGET           memory of Redis that events may take, such as 512MiB; 1GiB by
//	                          default. What is beyond is trimmed before the retention is over
//	SPILLWAY_PARALLELIZATION  the event source mapping's ParallelizationFactor, 1 to 10; 1 by
//	                          default. Above 1 what was appended is remembered by partition
//	                          key, as the batches of a shard come in order by key only;
//	                          that stays so when it is lowered
//	SPILLWAY_LOG_LEVEL        debug, info, warn or error; info by default
//
// Retention and budget are the consumer's to set, also for a log that exists already.
// Once the parallelization was above 1, the log remembers by partition key for as long as
// it has its data, whatever the variable says: the function and its mapping do not change
// in one moment, and a consumer that takes two batches of a shard at the same time for
// one order would skip the one that is behind. So the variable may be changed at any time,
// together with the mapping's factor; it must not be 1 while that stays above.
//
// The route's language and what becomes of records without a topic are described
// in package ingest. Logs go to standard error and metrics to standard output, both
// as JSON lines that CloudWatch understands. The connections to Redis are opened by
// the first invocation and kept for as long as Lambda keeps the process.
package main
