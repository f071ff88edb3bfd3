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
//	{N}:epoch         epoch, lanes, retention_ms, budget, parallel (1 or 0)
//	{N:i}:E:entries   stream of lane i: p = id of the predecessor, e = encoded events,
//	                  r = an entry before it that is lost (it is torn), c in place of p = the
//	                  events are those of the entry right before it, which has only e
//	{N:i}:E:state     hash of lane i: ids = the last entries, newest first; limit - room =
//	                  bytes appended so far, limit = those from where on there is to be a
//	                  checkpoint or less, base = those before what is held; torn = the last
//	                  torn entry, tidied = when it was last trimmed by age, turned = when the
//	                  marks by key were turned over, server = run id of the Redis that was
//	                  last asked; s:SHARD = highest sequence number appended from that shard
//	{N:i}:E:sizes     list of checkpoints: bytes appended before an entry, and its id
//	{N:i}:E:marks     hash, if parallel: highest sequence number appended, by a hash of
//	                  shard and partition key
//	{N:i}:E:marks:old the same of the last generation
//	{N:i}:E:run:RUN   hash: s:SHARD = highest sequence number that a run of Refill brought
//	{N:i}:notice      Pub/Sub channel of lane i (sharded in a cluster)
//	{N}:revoked       hash: until when the tokens issued to a client are taken back, in ms
//
// All keys of a lane share a hash tag, so a cluster spreads lanes over its nodes.
// The epoch names one life of the log: whoever finds no {N}:epoch makes it with a new
// one. What is left of another epoch is not looked at, and expires. Only commands
// that ElastiCache Serverless has are used: no PSUBSCRIBE, CONFIG or keyspace
// events; the scripts declare their keys.
//
// # Why events go ahead
//
// A script's arguments cost Redis 2 us for every kilobyte, as Lua hashes each byte of a
// string; a command's cost nearly nothing. So what is large is added by XADD, and the
// script right after it, in one transaction, either commits it (with an entry that says
// where in the lane it belongs) or removes it, as it is there already. Events that nothing
// commits, because the script could not run, are no entry. The entry's id is that of what
// commits it, so one that is read from a time between the two is completed by looking back.
//
// The functions that all scripts share are half of what an append costs, as Lua makes them
// anew with every call. What an append mostly is, is done before they are made (ordinary.lua).
// Of that, every command called costs some 4 us, and a pattern matched over a line as much:
// so it calls three, cuts no text in pieces, and leaves the notice to the transaction.
//
// # What is kept
//
// A lane is trimmed by age, and by its share of the budget, which counts what an entry
// takes of Redis's memory: its events and an eighth of that, and 64 bytes. The newest
// entry stays. Every append keeps to the budget; what it costs to trim by age and to keep
// the lane from expiring, one append a second pays. What a reader missed of it shows in
// the links. A clock that jumps, of Redis or of a process, trims nothing too early,
// repeats nothing and lets no position name two entries; a lane that gets nothing more
// expires a day after the retention, so a jump of hours takes nothing. Marks of shards are kept for longer than Kinesis brings
// records again (400 days); marks of keys for one to two times the retention after they
// were last used, but for 15 minutes at least.
//
// # What is appended already
//
// Where the batches of a shard come in order, one mark per shard and lane says up to
// where. Where they come in order of their keys only, a mark per key does, and the log is
// parallel. It becomes that when somebody who is [Config].Parallel first reads its epoch,
// and stays so for the whole epoch, whoever appends. For nobody can tell when the last
// batch that is out of order has come: the function that appends and what calls it are
// not changed in one moment, and a batch that failed comes again hours later. A mark of
// the shard would skip such a batch where another one is ahead of it, and what is skipped
// is lost. It costs the marks: some 100 bytes a key, for as long as they are kept. The
// next epoch is parallel if somebody still is; that it has begun is told to everybody.
//
// A log that becomes parallel may have appenders that do not know it yet. They do no harm
// for as long as they get a shard in order: what is before their mark has been appended,
// and others take the mark into account. If Redis is too full to write down that the log
// is parallel, who is Parallel works so nevertheless, and tries again with every append.
//
// # What is lost
//
// Redis acknowledges what a replica may not have yet, or its file. After a failover or a
// restart a lane may thus have lost its last entries, and goes on from before. A Log
// hands in the last entry that it was told of with every append, and readers report what
// they have read ([Log.ReportLoss]): when the lane does not have it, and has not trimmed
// it, the next entry is torn, which tells every reader that something before it is gone.
// That is told once. That Redis has become another since the last append is asked of it
// once a second, so what is appended in the second after a failover that took less is told
// before that loss is. Not told is what nobody knows of any more, neither a process that
// appended it nor a reader; and what got its id a second time, from a Redis whose clock
// was behind by more than the failover took. When all that a lane held at the time has
// been trimmed since, it is told as trimmed, to those who had not come further.
//
// # What operators tell gateways
//
// [Log.Revoke] takes back the tokens of a client, and [Log.Revocations] tells gateways of
// it. It is kept here because all gateways, and no customers, reach this Redis. A Redis
// that is lost takes it along: gateways go on with what they had read.
//
// The package neither decodes events nor knows subscribers. A Log is safe to use
// concurrently.
package eventlog
