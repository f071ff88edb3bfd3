// Package ingest turns one Lambda invocation's Kinesis records into events of the
// event log.
//
// A [Handler] is the Lambda function's handler: it splits aggregated records into
// their user records, derives the topic of each by a [Route], encodes it once with
// the event package and appends it to a [Log]:
//
//	route, err := ingest.ParseRoute("weather.us.{state}")
//	...
//	h := ingest.New(ingest.Config{Route: route, Log: log, Logger: logger, Metrics: os.Stdout})
//	lambda.StartWithOptions(h)
//
// An [Encoder] is that without Lambda and without appending, for whoever reads the
// stream in another way and must come to the same events.
//
// # Routes
//
// A route is literal text with fields in braces:
//
//	weather.us.{state}        a member of the record's JSON data
//	{station.id}, {tags[0]}   a member of a member, an element of an array
//	{partition_key}           the record's partition key
//	{stream}                  the name of the Kinesis stream
//	{$.partition_key}         the JSON member of that name: $. forces a JSON path
//
// A member's value is a string, a number (taken as it is written) or a boolean.
// Where an object repeats a name its last member counts, as it does for nearly
// every JSON reader. A name in a path holds no dot, bracket, brace, quote or
// control character; there is no way to quote one, and no way to have a brace in
// the literal text.
//
// A value fills a place within one token: it must not be empty and holds no dot,
// so that a producer cannot move a record to another level of the hierarchy. The
// one exception is the route {partition_key} with nothing around it, where the
// partition key is the whole topic, dots included. A topic that starts with $ is
// never made: those belong to the operators.
//
// # Records without a topic
//
// A record for which the route gives no valid topic is appended under
// topic.Unrouted, which only operators may read. It is counted, and why is logged
// in summary, once per batch; what a record holds is never logged.
//
// # Aggregated records
//
// The format is the one that the KPL documents
// (https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md),
// read as the KCL reads it (AggregatorUtil.java of amazon-kinesis-client): a record
// that starts with the magic bytes but whose checksum or protobuf is wrong is an
// ordinary record and passed on whole. Differences from the KCL:
//   - An aggregated record whose key index points outside of its table is passed on
//     whole, too; the KCL logs it and drops the rest of its user records.
//   - An aggregated record that would take more memory than a limit is passed on
//     whole.
//   - The KCL, when it is told the shard's hash key range, leaves out user records
//     whose hash key is outside of it: after a reshard the KPL sends those again to
//     their own shard. The Lambda event does not tell the range, so they are kept,
//     as AWS's own deaggregation module for Lambda keeps them: such a record may be
//     delivered twice, under two ids, and is never lost.
//   - Tags and explicit hash keys are read over: nothing here uses them.
//
// # Failures
//
// What did not reach the log is answered as batchItemFailures, with the lowest
// sequence number of a shard that did not get through; Lambda then retries from
// there. The function's event source mapping must set ReportBatchItemFailures. Where
// it has a parallelization factor above 1, an invocation has a part of a shard's
// partition keys, and the answer concerns that part alone: Lambda goes on with the
// others, and moves its checkpoint to the lowest that is not done.
//
// The package does not talk to Redis or AWS. A Handler may be used concurrently if
// its Log may.
package ingest
