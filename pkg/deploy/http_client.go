package deploy

import (
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// httpClient sends the SDK's requests with bodies that can only be read. The SDK closes a body when the answer has begun; from an
// endpoint that answers at once it may do so while the transport still looks whether the body has more. smithy-go's body then reports
// its end as an error of WriteTo, for which the transport breaks the connection off in the midst of the answer: the call is tried again,
// or the SDK warns that it could not read the rest. Read reports the same end as what it is.
type httpClient struct{ aws.HTTPClient }

// Do implements aws.HTTPClient.
func (c httpClient) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return c.HTTPClient.Do(r)
	}
	plain := *r
	plain.Body = struct{ io.ReadCloser }{r.Body}
	return c.HTTPClient.Do(&plain)
}

// prepared is cfg with what every client here needs.
func prepared(cfg aws.Config) aws.Config {
	if cfg.Region == "" {
		cfg.Region = defaultRegion
	}
	if cfg.HTTPClient == nil {
		cfg.HTTPClient = awshttp.NewBuildableClient()
	}
	if _, ok := cfg.HTTPClient.(httpClient); !ok {
		cfg.HTTPClient = httpClient{cfg.HTTPClient}
	}
	return cfg
}
