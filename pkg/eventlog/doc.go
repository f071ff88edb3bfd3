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
// Keys, for a log named N; E is its epoch:
//
//	{N}:log         hash: epoch, lanes, retention_ms
//	{N:i}:E:entries stream of lane i: p = id of the predecessor, e = encoded events
//	{N:i}:E:state   hash of lane i: last = id of the last entry,
//	                s:SHARD = highest sequence number appended from that shard
//	{N:i}:notice    Pub/Sub channel of lane i (sharded in a cluster)
//
// All keys of a lane share a hash tag, so a cluster spreads lanes over its nodes.
// The epoch names one life of the log: whoever finds no {N}:log makes it with a new
// one. What is left of another epoch is not looked at, and expires. Only commands
// that ElastiCache Serverless has are used: no PSUBSCRIBE, CONFIG or keyspace
// events; the scripts declare their keys.
//
// What the links do not tell: entries that were acknowledged and then lost by a
// failover, to a reader that had not come to them before the next was appended.
//
// The package neither decodes events nor knows subscribers. A Log is safe to use
// concurrently.
package eventlog
