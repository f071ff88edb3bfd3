// Package produce puts records into a Kinesis stream, fast and in order per
// partition key.
//
// A [Producer] takes records from an iterator and calls PutRecords:
//
//	kin, err := produce.NewKinesis(ctx, produce.Endpoint{Region: "us-east-1"})
//	...
//	p := produce.Producer{Kinesis: kin, Stream: "weather"}
//	summary, err := p.Run(ctx, records)
//
// # The promise
//
// Records of one partition key reach the stream in the order in which the
// iterator yields them, whatever fails and is tried again. PutRecords alone does
// not give that: it may take the second of two records and refuse the first. So
// a request carries at most one record of a key, and the next one of that key
// follows when Kinesis has taken it. Records are looked for up to
// 2,000 ahead, so that many keys fill a request; a source with one
// key only goes at one record per round trip.
//
// A request that fails without an answer may have been carried out, and is sent
// again: a record is put at least once.
//
// # What it does not do
//
// It does not aggregate records as the KPL does, spread over shards by explicit
// hash keys, create streams, or keep a record of what it put. It is for tools and
// tests; it makes no attempt to replace the KPL.
//
// # Concurrency
//
// Each Run is on its own: a Producer may be used by several goroutines if its
// functions may.
package produce
