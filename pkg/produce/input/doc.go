// Package input reads records from JSON lines and CSV, and makes texts from their
// fields.
//
// [Lines] and [CSV] iterate over the [Document] values of a reader. A line that
// breaks a rule is yielded as a [*BadLine], and the iteration may go on; any other
// error is the last. A [Template] such as `{station}` makes a partition key, or
// the value of a field that [Document.With] adds.
//
// It reads text only: no compression, no encodings but UTF-8 (a byte-order mark is
// skipped), no arrays that span lines. Iterators and documents belong to one
// goroutine; a Template may be used by any number.
package input
