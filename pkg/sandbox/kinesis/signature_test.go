package kinesis_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

func TestSignaturesAreVerifiedWithKeys(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		keys map[string]string
		now  func() time.Time
		want string
	}{
		"no keys":      {nil, time.Now, ""},
		"right":        {map[string]string{"test": "test"}, time.Now, ""},
		"unknown key":  {map[string]string{"another": "test"}, time.Now, "UnrecognizedClientException"},
		"wrong secret": {map[string]string{"test": "another"}, time.Now, "InvalidSignatureException"},
		"too late":     {map[string]string{"test": "test"}, func() time.Time { return time.Now().Add(time.Hour) }, "InvalidSignatureException"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *kinesis.Config) { c.Keys, c.Now = row.keys, row.now })
			_, err := w.client.ListStreams(t.Context(), &sdk.ListStreamsInput{})
			var got smithy.APIError
			switch errors.As(err, &got); {
			case err == nil && row.want == "":
			case got == nil || got.ErrorCode() != row.want:
				t.Errorf("got %v, want %q", err, row.want)
			}
			if a := w.send(t, "ListStreams", "{}", nil); (row.keys == nil) != (a.status == http.StatusOK) {
				t.Errorf("a request that only looks signed: %d %s", a.status, a.body)
			}
		})
	}
}
