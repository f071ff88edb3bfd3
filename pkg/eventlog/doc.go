// Package eventlog is the log of events in Redis, and the only door to Redis.
//
// A [Log] is split into a fixed number of lanes; a topic always lives in one
// lane. A lane is a Redis stream whose entries each hold many encoded events
// (see pkg/event), linked to their predecessor, so that a reader notices when
// something between two entries is missing. [Log.Append] adds the events of one
// Kinesis shard, at most once however often it is repeated. [Log.Notices] tells
// that a lane has grown; [Log.Read] reads lanes from a position on. Delivery
// never depends on a notice: one that is lost costs a moment.
//
// Keys, for a log named N:
//
//	{N}:log       hash: epoch, lanes, retention_ms
//	{N:i}:entries stream of lane i: p = id of the predecessor, e = encoded events
//	{N:i}:state   hash of lane i: epoch, last = id of the last entry,
//	              s:SHARD = highest sequence number appended from that shard
//	{N:i}:notice  Pub/Sub channel of lane i (sharded in a cluster)
//
// All keys of a lane share a hash tag, so a cluster spreads lanes over its nodes.
// The epoch names one life of the log: whoever finds no {N}:log makes it with a
// new epoch, and the first append of a newer epoch empties a lane. Only commands
// that ElastiCache Serverless has are used: no PSUBSCRIBE, CONFIG or keyspace
// events; the scripts declare their keys.
//
// The package neither decodes events nor knows subscribers. A Log is safe to use
// concurrently.
package eventlog
