package mockcognito

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeTokenRequest(t *testing.T) {
	t.Parallel()
	basic := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	tests := map[string]struct {
		header, body string
		want         tokenRequest
	}{
		"body":                    {"", "grant_type=client_credentials&client_id=a&client_secret=b%2Bc", tokenRequest{clientID: "a", clientSecret: "b+c"}},
		"header as curl sends it": {basic("a:b+c"), "grant_type=client_credentials", tokenRequest{clientID: "a", clientSecret: "b+c"}},
		"header, form-encoded":    {basic("a:b%2Bc"), "grant_type=client_credentials", tokenRequest{clientID: "a", clientSecret: "b+c"}},
		"header and same client":  {basic("a:b"), "grant_type=client_credentials&client_id=a&client_secret=b", tokenRequest{clientID: "a", clientSecret: "b"}},
		"scopes":                  {basic("a:b"), "grant_type=client_credentials&scope=+x%2Fy++x%2Fz%20x%2Fy+", tokenRequest{clientID: "a", clientSecret: "b", scopes: []string{"x/y", "x/z"}}},
		"unknown parameter":       {basic("a:b"), "grant_type=client_credentials&audience=x", tokenRequest{clientID: "a", clientSecret: "b"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.want.grantType = "client_credentials"
			got, err := decodeTokenRequest(test.header, []byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(tokenRequest{})); diff != "" {
				t.Errorf("decodeTokenRequest (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzDecodeTokenRequest(f *testing.F) {
	f.Add("", "grant_type=client_credentials&client_id=a&client_secret=b&scope=s/a+s/b")
	f.Add("Basic YTpi", "grant_type=client_credentials&aws_client_metadata=%7B%22a%22%3A%22b%22%7D")
	f.Add("Basic JXp6OmI=", "grant_type=refresh_token&refresh_token=r")
	f.Add("Bearer x", "grant_type=%zz;&")
	f.Fuzz(func(t *testing.T, header, body string) {
		req, err := decodeTokenRequest(header, []byte(body))
		var code oauthError
		if err != nil {
			if !errors.As(err, &code) {
				t.Errorf("an error that Cognito does not have: %v", err)
			}
			return
		}
		if req.clientID == "" || req.grantType == "" {
			t.Errorf("accepted without client or grant type: %q", req.grantType)
		}
		form, _ := url.ParseQuery(body)
		if got := strings.Join(req.scopes, " "); len(got) > len(form.Get("scope")) {
			t.Errorf("scopes %q are more than was asked for", got)
		}
	})
}
