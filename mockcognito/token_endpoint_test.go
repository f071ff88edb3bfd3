package mockcognito

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

func TestTokenWithStockClient(t *testing.T) {
	t.Parallel()
	_, web := newTestServer(t, Config{})
	keys := verifier(t, web.URL)
	tests := map[string]struct {
		path   string
		style  oauth2.AuthStyle
		scopes []string
		want   string
	}{
		"basic, all scopes":   {"/oauth2/token", oauth2.AuthStyleInHeader, nil, "spillway/weather.us.ny spillway/weather.us.> https://api.example.com/v1/read"},
		"body, one scope":     {"/oauth2/token", oauth2.AuthStyleInParams, []string{"spillway/weather.us.>"}, "spillway/weather.us.>"},
		"detected, domain":    {"/spillway/oauth2/token", oauth2.AuthStyleAutoDetect, []string{"spillway/weather.us.ny"}, "spillway/weather.us.ny"},
		"order of request":    {"/oauth2/token", oauth2.AuthStyleInHeader, []string{"https://api.example.com/v1/read", "spillway/weather.us.ny"}, "https://api.example.com/v1/read spillway/weather.us.ny"},
		"others are ignored":  {"/oauth2/token", oauth2.AuthStyleInHeader, []string{"spillway/weather.us.ca", "none", "spillway/weather.us.ny"}, "spillway/weather.us.ny"},
		"repeated scope once": {"/oauth2/token", oauth2.AuthStyleInHeader, []string{"spillway/weather.us.ny", "spillway/weather.us.ny"}, "spillway/weather.us.ny"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := clientcredentials.Config{
				ClientID: testClientID, ClientSecret: testSecret, TokenURL: web.URL + test.path,
				Scopes: test.scopes, AuthStyle: test.style,
			}
			token, err := cfg.Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			left := time.Until(token.Expiry)
			if token.TokenType != "Bearer" || left < 59*time.Minute || left > time.Hour || token.RefreshToken != "" {
				t.Errorf("token type %q, expires in %s, refresh token %q", token.TokenType, left, token.RefreshToken)
			}
			claims, err := verify(keys, token.AccessToken)
			if err != nil {
				t.Fatal(err)
			}
			if claims["scope"] != test.want {
				t.Errorf("scope %q, want %q", claims["scope"], test.want)
			}
		})
	}
}

func TestTokenOfSecondPool(t *testing.T) {
	t.Parallel()
	s, web := newTestServer(t, Config{})
	other := s.Pools()[1]
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {other.Clients[0].ID}, "client_secret": {testSecret},
	}
	got := do(t, tokenRequestTo(t, web.URL+"/second/oauth2/token", form))
	var token tokenResponse
	if err := json.Unmarshal([]byte(got.body), &token); err != nil {
		t.Fatalf("%d %s: %v", got.status, got.body, err)
	}
	if token.ExpiresIn != 300 {
		t.Errorf("expires in %d, want the client's 300", token.ExpiresIn)
	}
	if got := do(t, tokenRequestTo(t, web.URL+"/oauth2/token", form)); got.body != `{"error":"invalid_client"}` {
		t.Errorf("the first pool knows the second pool's client: %s", got.body)
	}
	if got := do(t, tokenRequestTo(t, web.URL+"/third/oauth2/token", form)); got.status != http.StatusNotFound {
		t.Errorf("unknown domain: %d", got.status)
	}
}

func TestTokenErrors(t *testing.T) {
	t.Parallel()
	_, web := newTestServer(t, Config{})
	const good = "grant_type=client_credentials&client_id=" + testClientID + "&client_secret=9example87654321%2Bsecret_"
	const code = "client_id=" + codeClientID + "&client_secret=9example87654321%2Bsecret_"
	tests := map[string]struct{ body, id, secret, want string }{
		"no grant type":           {"scope=a", testClientID, testSecret, "invalid_request"},
		"JSON in the body":        {`{"grant_type":"client_credentials"}`, testClientID, testSecret, "invalid_request"},
		"malformed form":          {good + "&scope=%zz", "", "", "invalid_request"},
		"parameter twice":         {good + "&grant_type=client_credentials", "", "", "invalid_request"},
		"too large":               {good + "&x=" + strings.Repeat("a", maxTokenRequest), "", "", "invalid_request"},
		"no client":               {"grant_type=client_credentials", "", "", "invalid_request"},
		"two clients":             {good, codeClientID, testSecret, "invalid_request"},
		"two secrets":             {good, testClientID, "another", "invalid_request"},
		"metadata is no object":   {good + "&aws_client_metadata=[]", "", "", "invalid_request"},
		"metadata is null":        {good + "&aws_client_metadata=null", "", "", "invalid_request"},
		"code is missing":         {"grant_type=authorization_code&" + code, "", "", "invalid_request"},
		"refresh token missing":   {"grant_type=refresh_token&" + code, "", "", "invalid_request"},
		"unknown client":          {"grant_type=client_credentials", "nobody", testSecret, "invalid_client"},
		"wrong secret":            {"grant_type=client_credentials", testClientID, testSecret + "x", "invalid_client"},
		"empty secret":            {"grant_type=client_credentials", testClientID, "", "invalid_client"},
		"unknown, empty secret":   {"grant_type=client_credentials", "nobody", "", "invalid_client"},
		"no secret in the body":   {"grant_type=client_credentials&client_id=" + testClientID, "", "", "invalid_client"},
		"code, made up":           {"grant_type=authorization_code&code=c&" + code, "", "", "invalid_grant"},
		"refresh token, made up":  {"grant_type=refresh_token&refresh_token=r&" + code, "", "", "invalid_grant"},
		"code, wrong client":      {"grant_type=authorization_code&code=c", testClientID, testSecret, "unauthorized_client"},
		"refresh, wrong client":   {"grant_type=refresh_token&refresh_token=r", testClientID, testSecret, "unauthorized_client"},
		"credentials of the site": {"grant_type=client_credentials&" + code, "", "", "unauthorized_client"},
		"password grant":          {"grant_type=password", testClientID, testSecret, "unsupported_grant_type"},
		"scope of another client": {good + "&scope=spillway/weather.us.ca", "", "", "invalid_scope"},
		"unknown scope":           {good + "&scope=openid", "", "", "invalid_scope"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web.URL+"/oauth2/token", strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
			if test.id != "" {
				req.SetBasicAuth(test.id, test.secret)
			}
			got := do(t, req)
			if want := `{"error":"` + test.want + `"}`; got.status != http.StatusBadRequest || got.body != want {
				t.Errorf("%d %s, want 400 %s", got.status, got.body, want)
			}
			checkTokenHeaders(t, got.header)
			if ct := got.header.Get("Content-Type"); ct != "application/json;charset=UTF-8" {
				t.Errorf("content type %q", ct)
			}
		})
	}
}

func TestBasicHeader(t *testing.T) {
	t.Parallel()
	_, web := newTestServer(t, Config{})
	tests := map[string]struct {
		header string
		status int
		body   string
	}{
		"lower-case scheme": {"basic MWV4YW1wbGUyMzQ1Njc4OTo5ZXhhbXBsZTg3NjU0MzIxK3NlY3JldF8=", http.StatusOK, ""},
		"not base64":        {"Basic !!!", http.StatusBadRequest, `{"error":"invalid_client"}`},
		"no colon":          {"Basic MWV4YW1wbGU=", http.StatusBadRequest, `{"error":"invalid_client"}`},
		"bad escape":        {"Basic JXp6OnNlY3JldA==", http.StatusBadRequest, `{"error":"invalid_client"}`},
		"empty":             {"Basic", http.StatusBadRequest, `{"error":"invalid_client"}`},
		"another scheme":    {"Bearer x", http.StatusBadRequest, `{"error":"invalid_request"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			req := tokenRequestTo(t, web.URL+"/oauth2/token", url.Values{
				"grant_type": {"client_credentials"}, "aws_client_metadata": {`{"environment":"dev"}`},
			})
			req.Header.Set("Authorization", test.header)
			got := do(t, req)
			if got.status != test.status || (test.body != "" && got.body != test.body) {
				t.Errorf("%d %s, want %d %s", got.status, got.body, test.status, test.body)
			}
		})
	}
}

func TestTokenEndpointTakesOnlyFormsByPost(t *testing.T) {
	t.Parallel()
	_, web := newTestServer(t, Config{})
	tests := map[string]struct{ method, contentType string }{
		"get":             {http.MethodGet, "application/x-www-form-urlencoded"},
		"put":             {http.MethodPut, "application/x-www-form-urlencoded"},
		"delete":          {http.MethodDelete, ""},
		"options":         {http.MethodOptions, ""},
		"json":            {http.MethodPost, "application/json"},
		"quoted":          {http.MethodPost, "'application/x-www-form-urlencoded'"},
		"no content type": {http.MethodPost, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), test.method, web.URL+"/oauth2/token",
				strings.NewReader("grant_type=client_credentials"))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", test.contentType)
			req.SetBasicAuth(testClientID, testSecret)
			got := do(t, req)
			if got.status != http.StatusMethodNotAllowed || got.body != "" || got.header.Get("Content-Length") != "0" {
				t.Errorf("%d %q, content length %q, want an empty 405", got.status, got.body, got.header.Get("Content-Length"))
			}
			checkTokenHeaders(t, got.header)
		})
	}
}

func checkTokenHeaders(t *testing.T, h http.Header) {
	t.Helper()
	want := map[string]string{
		"X-Content-Type-Options":      "nosniff",
		"X-Xss-Protection":            "1; mode=block",
		"Cache-Control":               "no-cache, no-store, max-age=0, must-revalidate",
		"Pragma":                      "no-cache",
		"Expires":                     "0",
		"Access-Control-Allow-Origin": "*",
	}
	got := map[string]string{}
	for name := range want {
		got[name] = h.Get(name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if h.Get("X-Amz-Cognito-Request-Id") == "" || !strings.HasPrefix(h.Get("Set-Cookie"), "XSRF-TOKEN=") {
		t.Errorf("request id %q, cookie %q", h.Get("X-Amz-Cognito-Request-Id"), h.Get("Set-Cookie"))
	}
}

func TestTokenResponseIsExactlyCognitos(t *testing.T) {
	t.Parallel()
	_, web := newTestServer(t, Config{})
	req := tokenRequestTo(t, web.URL+"/oauth2/token", url.Values{"grant_type": {"client_credentials"}})
	req.SetBasicAuth(testClientID, testSecret)
	got := do(t, req)
	token, rest, ok := strings.Cut(strings.TrimPrefix(got.body, `{"access_token":"`), `"`)
	if !ok || rest != `,"expires_in":3600,"token_type":"Bearer"}` || strings.Count(token, ".") != 2 {
		t.Errorf("body %s", got.body)
	}
	if ct := got.header.Get("Content-Type"); ct != "application/json;charset=UTF-8" {
		t.Errorf("content type %q", ct)
	}
	checkTokenHeaders(t, got.header)
}

func TestFailTokenRequests(t *testing.T) {
	t.Parallel()
	s, web := newTestServer(t, Config{})
	if err := s.FailTokenRequests(2, http.StatusTooManyRequests, "TooManyRequestsException"); err != nil {
		t.Fatal(err)
	}
	var statuses []int
	for range 3 {
		req := tokenRequestTo(t, web.URL+"/oauth2/token", url.Values{"grant_type": {"client_credentials"}})
		req.SetBasicAuth(testClientID, testSecret)
		got := do(t, req)
		statuses = append(statuses, got.status)
		if got.status != http.StatusOK && got.body != `{"error":"TooManyRequestsException"}` {
			t.Errorf("body %s", got.body)
		}
	}
	if diff := cmp.Diff([]int{429, 429, 200}, statuses); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	if err := s.FailTokenRequests(-1, 429, ""); err == nil {
		t.Error("n = -1: no error")
	}
	if err := s.FailTokenRequests(1, 200, ""); err == nil {
		t.Error("status 200: no error")
	}
}
