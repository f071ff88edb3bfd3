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
// # Ledger
//
// What is simplified, left out or not proven is in [Ledger], of which docs/ledger.md is made.
package kinesis
