package harness

import (
	"bytes"
	"io"
	"net/http"
)

// idleConnections is how many connections to the local cloud are kept.
const idleConnections = 16

// wholeRequests sends requests whose body it has read before.
//
// The SDK of AWS closes the body of a request when the answer begins. If that comes so
// fast, as it does on loopback, that the transport has not yet seen the end of the
// body, the transport takes the closing for a failure and cuts the connection, while
// the answer is being read. Who puts records would not know what became of them.
type wholeRequests struct{ client *http.Client }

func newWholeRequests() wholeRequests {
	return wholeRequests{&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: idleConnections}}}
}

// Do implements the SDK's HTTPClient.
func (w wholeRequests) Do(req *http.Request) (*http.Response, error) {
	if req.Body == nil {
		return w.client.Do(req) //nolint:gosec // to where the SDK sends it
	}
	body, err := io.ReadAll(req.Body) // what the SDK has in memory
	if err != nil {
		return nil, err
	}
	whole := req.Clone(req.Context())
	whole.Body = io.NopCloser(bytes.NewReader(body))
	return w.client.Do(whole) //nolint:gosec // to where the SDK sends it
}
