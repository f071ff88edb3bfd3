package mockcognito

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKeySet(t *testing.T) {
	t.Parallel()
	s, web := newTestServer(t, Config{})
	got := get(t, web.URL+"/"+testPoolID+"/.well-known/jwks.json")
	if got.status != http.StatusOK || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("%d, content type %q", got.status, got.header.Get("Content-Type"))
	}
	var set keySet
	if err := json.Unmarshal([]byte(got.body), &set); err != nil {
		t.Fatal(err)
	}
	var published []string
	for _, key := range set.Keys {
		published = append(published, key.Kid)
		if key.Alg != "RS256" || key.E != "AQAB" || key.Kty != "RSA" || key.Use != "sig" || len(key.N) != 342 || len(key.Kid) != 44 {
			t.Errorf("key %+v does not have Cognito's form", key)
		}
	}
	if diff := cmp.Diff(kids(s), published); diff != "" {
		t.Errorf("key ids (-want +got):\n%s", diff)
	}
	if want := `{"keys":[{"alg":"RS256","e":"AQAB","kid":"`; !strings.HasPrefix(got.body, want) {
		t.Errorf("body %.60s, want %s...", got.body, want)
	}
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	_, web := newTestServer(t, Config{})
	_, public := newTestServer(t, Config{PublicURL: "https://tokens.example.com"})
	document := func(base string) string {
		return `{"authorization_endpoint":"` + base + `/spillway/oauth2/authorize","end_session_endpoint":"` + base +
			`/spillway/logout","id_token_signing_alg_values_supported":["RS256"],` +
			`"issuer":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Local0001","jwks_uri":"` + base +
			`/us-east-1_Local0001/.well-known/jwks.json","response_types_supported":["code","token"],"revocation_endpoint":"` + base +
			`/spillway/oauth2/revoke","scopes_supported":["openid","email","phone","profile"],"subject_types_supported":["public"],` +
			`"token_endpoint":"` + base + `/spillway/oauth2/token",` +
			`"token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"],"userinfo_endpoint":"` + base +
			`/spillway/oauth2/userInfo"}`
	}
	tests := map[string]struct{ at, want string }{
		"address of the request": {web.URL, document(web.URL)},
		"configured address":     {public.URL, document("https://tokens.example.com")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := get(t, test.at+"/"+testPoolID+"/.well-known/openid-configuration")
			if diff := cmp.Diff(test.want, got.body); diff != "" {
				t.Errorf("openid-configuration (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	_, web := newTestServer(t, Config{})
	const unknown = `{"message":"User pool \"us-east-1_None\" does not exist."}`
	tests := map[string]struct {
		path   string
		status int
		body   string
	}{
		"keys of no pool":      {"/us-east-1_None/.well-known/jwks.json", 404, unknown},
		"discovery of no pool": {"/us-east-1_None/.well-known/openid-configuration", 404, unknown},
		"not served":           {"/spillway/oauth2/authorize", 404, ""},
		"root":                 {"/", 404, ""},
		"health":               {"/healthz", 200, `{"status":"ok"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := get(t, web.URL+test.path); got.status != test.status || got.body != test.body {
				t.Errorf("%d %s, want %d %s", got.status, got.body, test.status, test.body)
			}
		})
	}
}
