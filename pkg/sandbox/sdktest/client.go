// Package sdktest has what tests with an AWS SDK as the client need.
package sdktest

import (
	"io"
	"net/http"
)

// HTTPClient returns a client for SDKs that works with servers which answer at once. An SDK closes a request's body when the
// answer has begun, while the transport may still look whether the body has more; smithy-go's body then reports its end as
// an error of WriteTo, for which the transport breaks the connection off in the midst of the answer. This client hides WriteTo.
func HTTPClient() *http.Client { return &http.Client{Transport: transport{&http.Transport{}}} }

type transport struct{ *http.Transport }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return t.Transport.RoundTrip(r)
	}
	plain := *r
	plain.Body = struct{ io.ReadCloser }{r.Body}
	return t.Transport.RoundTrip(&plain)
}
