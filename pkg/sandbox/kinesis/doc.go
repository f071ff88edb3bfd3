// Package kinesis is Amazon Kinesis Data Streams in one process: it speaks the
// service's API to ordinary clients and keeps the streams in memory.
//
// [New] makes a [Service] from a [Config]. It is an http.Handler for the API
// (AWS JSON 1.1 and CBOR, over HTTP/1.1 and HTTP/2), and has methods for the
// operations that code in the same process needs, without HTTP: CreateStream,
// PutRecords, SubscribeToShard and so on. Callers that poll shards use
// [Service.Shards], [Service.ReadShard] and [Service.WaitShard], which neither
// need iterators nor count against read limits. Errors of methods are [*Error]
// with the service's code and text. [Open] makes a Service that keeps its streams
// and records in a directory. [Service.Knobs] is for tests that want it to misbehave.
//
// It knows no permissions. Signatures are verified where Config has keys; else any
// credentials do, but a request without any is refused as AWS refuses it. It
// starts no goroutines and no timers; the state of a stream is worked out from
// the clock when somebody looks.
//
// All methods of a Service may be called concurrently. A put or a read locks
// only the shard that it touches.
//
// # Sources
//
// Members of inputs and outputs are named as in the API (ShardId, not ShardID):
// the wire layer finds them by their names. The constraints come from AWS's API model (Smithy, 2013-12-02). Order of
// checks, error texts and sequence numbers follow the recordings of kinesalite
// 3.3.3, whose tests ran against AWS. The rest follows the AWS pages: the API
// reference of each operation (docs.aws.amazon.com/kinesis/latest/APIReference),
// and of the developer guide (docs.aws.amazon.com/streams/latest/dev) "Quotas
// and limits", "Kinesis Data Streams terminology and concepts", "Split a shard",
// "Merge two shards" and "Data routing, data persistence, and shard state after
// a reshard".
//
// # Ledger: simplified or left out
//
//   - The region and account of the signature are not looked at: one Service is one
//     region of one account.
//   - Control-plane call rates (CreateStream 5 a second and so on) are not limited.
//   - Shard iterators and NextTokens do not survive the process, even where streams do. An iterator has no
//     upper bound on use within its 300 seconds, as at AWS.
//   - The index in sequence numbers counts from 1 in each shard; AWS shares a
//     counter between neighbouring shards and starts at 0. PutRecords keeps the order of the
//     request within a shard; AWS promises no order.
//   - An on-demand stream has 4 shards, or one for each MiB/s of its warm throughput, each with the
//     limits of a provisioned one, and does not grow by itself.
//   - Nothing is encrypted: records that come while a stream has a key say so. Every
//     KeyId of the right form is taken for a key.
//   - Shard-level metrics are remembered, not published; resource policies are kept, not enforced.
//   - UpdateShardCount ends at once in the shards; the status stays UPDATING for the configured delay.
//   - StreamId, "reserved for future use", is checked and ignored.
//   - A reshard takes effect on the shards at once; only the status stays UPDATING
//     for the configured delay. A retention change shows UPDATING, too.
//   - A stream being deleted takes no more puts and reads; AWS "might continue to
//     accept" them. A stream being created or deleted cannot be deleted (ResourceInUseException).
//   - ReadShard has no limit on reads. AWS's own pollers share the
//     limits of GetRecords; a poller of this process reads as fast as it likes, so
//     that a test of another consumer is not throttled by it.
//   - Data and PartitionKey together may have 1,048,576 bytes, as the API reference of
//     PutRecord says; so a record whose data alone has that size is refused.
//   - Memory is bounded by Config.MaxBytes. A put beyond it is refused with
//     ProvisionedThroughputExceededException, which clients retry; AWS has no such limit.
//   - Lengths of strings count Unicode code points, as Smithy says; Java's would
//     count UTF-16 units.
//
// # Ledger: texts and choices that no recording proves
//
//   - Neither StreamName nor StreamARN, or two that differ, are InvalidArgumentException with texts of our own.
//     So are: CreateStream without ShardCount (or with one in ON_DEMAND mode), a record or request that
//     is too large, six streams being created, a bad NextToken, a ShardFilter without its
//     timestamp, and a reshard of a closed shard.
//   - Constraint violations are listed in the order in which a Java 7 HashMap iterates over the
//     member names: that explains every recorded order. Newer recordings differ from run to run.
package kinesis
