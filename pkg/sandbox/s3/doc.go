// Package s3 is an S3 in memory: what deploying functions and keeping failed batches needs.
//
// [New] makes a [Service], an http.Handler for the S3 API (path style, and host style below the names it is given) that
// can also be used directly: [Service.Put], [Service.Get] and the bucket methods. The API itself is
// github.com/johannesboyne/gofakes3; this package adds request bodies in aws-chunked encoding with and without signatures
// and trailers, and a budget of bytes.
//
// Followed: Amazon S3 API reference, "Signature calculations for the Authorization header: transferring payload in
// multiple chunks", "Checking object integrity".
//
// Ledger, what is left out or simplified:
//   - nothing is kept after the process ends;
//   - no signature is checked, and no checksum but Content-MD5: x-amz-checksum-* headers and trailers are read and ignored;
//   - no versions, ACLs, policies, encryption, notifications, lifecycle, tags of objects; gofakes3 answers what it knows;
//   - an object that replaces another inherits the metadata that it does not set itself (gofakes3's way);
//   - a multipart upload that is never ended holds its bytes until the process ends.
//
// All methods may be called by several goroutines at once.
package s3
