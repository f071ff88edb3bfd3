// Package awsjson speaks Kinesis's wire protocol, AWS JSON 1.1: it takes a
// request through the service's checks, in the service's order, and writes the
// answer.
//
// A [Handler] is an http.Handler over a function that runs one operation. It
// checks method, body, content type, target, the presence of a signature (not
// the signature itself), types and constraints; the first check that fails
// answers. The order and the texts are those recorded from the service by
// kinesalite 3.3.3.
//
// It does not speak CBOR: a CBOR request with a body gets a CBOR error that
// names the way out. A Handler holds no state and may serve concurrently.
package awsjson
