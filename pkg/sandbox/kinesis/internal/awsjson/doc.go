// Package awsjson speaks Kinesis's wire protocols, AWS JSON 1.1 and its older
// sibling in CBOR: it takes a request through the service's checks, in the service's order, and writes the
// answer.
//
// A [Handler] is an http.Handler over a function that runs one operation. It
// checks method, body, content type, target, the presence of a signature (not
// the signature itself), types and constraints; the first check that fails
// answers. The order and the texts are those recorded from the service by
// kinesalite 3.3.3.
//
// CBOR is what AWS's clients for Java speak: the same members, but blobs are byte
// strings, and times are integers of milliseconds with the tag 1. An answer has
// the protocol of its request.
//
// A Handler holds no state and may serve concurrently.
package awsjson
