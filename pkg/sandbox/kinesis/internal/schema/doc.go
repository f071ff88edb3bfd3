// Package schema knows the shapes of Kinesis requests: it checks a decoded JSON
// body against them and words the faults as the service does.
//
// A [Table] is made once with [New]; [Table.Operation] gives an [Operation],
// whose Coerce turns a parsed JSON object into typed [Fields] (or a [TypeError])
// and whose Validate lists the violated constraints. [Bind] copies Fields into
// a Go struct whose field names are the API's member names, and [FieldsOf] goes
// the other way, so that a call made in process passes the same checks.
//
// The shapes are generated from AWS's Smithy model of Kinesis (Apache-2.0), and
// from what has been added to the API since (gen/newer.json), by ./gen; nothing here knows what an operation does.
//
// A Table and everything reached from it is read-only after New and may be
// used by any number of goroutines.
package schema

// KINESIS_MODEL is the path of AWS's model, kinesis-2013-12-02.json, from
// github.com/aws/api-models-aws (models/kinesis/service/2013-12-02).
//go:generate go run ./gen -model $KINESIS_MODEL -newer gen/newer.json -out table.go -requests ../../testdata/model.json
