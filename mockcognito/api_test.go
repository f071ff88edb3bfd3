package mockcognito

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const signed = "AWS4-HMAC-SHA256 Credential=any/20261101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0"

func apiRequest(t testing.TB, base, operation, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", apiContentType)
	req.Header.Set("X-Amz-Target", apiTarget+operation)
	req.Header.Set("Authorization", signed)
	return req
}

// call runs an operation by plain HTTP.
func call(t testing.TB, base, operation, body string) answer {
	t.Helper()
	return do(t, apiRequest(t, base, operation, body))
}

func TestAPIProtocol(t *testing.T) {
	t.Parallel()
	_, web := newTestServer(t, Config{})
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	nothing := func(*http.Request) {}
	tests := map[string]struct {
		operation, body string
		change          func(*http.Request)
		status          int
		want            string
	}{
		"unserved":           {"AdminCreateUser", `{}`, nothing, 400, `{"__type":"UnknownOperationException","message":"mockcognito does not serve the operation AdminCreateUser."}`},
		"unknown":            {"Nothing", `{}`, nothing, 400, `{"__type":"UnknownOperationException"}`},
		"other service":      {"ListUserPools", `{}`, header("X-Amz-Target", "Kinesis_20131202.ListStreams"), 400, `{"__type":"UnknownOperationException"}`},
		"other content type": {"ListUserPools", `{}`, header("Content-Type", "text/plain"), 400, `{"__type":"UnknownOperationException"}`},
		"not signed":         {"ListUserPools", `{}`, header("Authorization", ""), 400, `{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}`},
		"half signed":        {"ListUserPools", `{}`, header("Authorization", "AWS4-HMAC-SHA256 Credential=x"), 400, `{"__type":"IncompleteSignatureException","message":"Authorization header requires 'SignedHeaders' parameter."}`},
		"no body":            {"ListUserPools", ``, nothing, 400, `{"__type":"SerializationException"}`},
		"no object":          {"ListUserPools", `null`, nothing, 400, `{"__type":"SerializationException"}`},
		"tail":               {"ListUserPools", `{}{}`, nothing, 400, `{"__type":"SerializationException"}`},
		"type":               {"ListUserPools", `{"MaxResults":"1"}`, nothing, 400, `{"__type":"SerializationException","message":"STRING_VALUE can not be converted to an Integer"}`},
		"missing":            {"DescribeUserPool", `{}`, nothing, 400, `{"__type":"InvalidParameterException","message":"1 validation error detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null"}`},
		"too large":          {"ListUserPools", strings.Repeat(" ", maxAPIRequest+1), nothing, 413, `{"__type":"RequestEntityTooLargeException"}`},
		"not found":          {"DescribeUserPool", `{"UserPoolId":"us-east-1_€"}`, nothing, 400, `{"__type":"InvalidParameterException","message":"1 validation error detected: Value 'us-east-1_€' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w-]+_[0-9a-zA-Z]+"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := apiRequest(t, web.URL, test.operation, test.body)
			test.change(req)
			got := do(t, req)
			if got.status != test.status || got.body != test.want {
				t.Errorf("%d %s\nwant %d %s", got.status, got.body, test.status, test.want)
			}
			var body apiErrorBody
			if err := json.Unmarshal([]byte(got.body), &body); err != nil {
				t.Fatal(err)
			}
			wantHeader := map[string]string{"Content-Type": apiContentType, "X-Amzn-Errortype": body.Type + ":", "X-Amzn-Errormessage": strings.ReplaceAll(body.Message, "€", "?")}
			for name, want := range wantHeader {
				if got.header.Get(name) != want {
					t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
				}
			}
			if len(got.header.Get("X-Amzn-Requestid")) != 36 {
				t.Errorf("request id %q", got.header.Get("X-Amzn-Requestid"))
			}
		})
	}
	if got := get(t, web.URL+"/"); got.status != http.StatusNotFound {
		t.Errorf("GET /: %d", got.status)
	}
}

func TestEveryOperationIsImplemented(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t, Config{})
	for _, name := range s.table.Names() {
		if s.api().actions[name] == nil {
			t.Errorf("%s is in the table and has no action", name)
		}
	}
	if len(s.api().actions) != len(s.table.Names()) {
		t.Error("an action is not in the table")
	}
}

func TestAPILogHasNoSecrets(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s, err := New(Config{Pools: testPools(), StateFile: testStateFile(t), Logger: slog.New(slog.NewJSONHandler(&out, nil))})
	if err != nil {
		t.Fatal(err)
	}
	const own, bad = "my+own_secret_of_24_chars_", "bad-secret-that-has-24-chars"
	for operation, body := range map[string]string{
		"AddUserPoolClientSecret": `{"UserPoolId":"` + testPoolID + `","ClientId":"` + testClientID + `","ClientSecret":"` + own + `"}`,
		"CreateUserPoolClient":    `{"UserPoolId":"` + testPoolID + `","ClientName":"c","ClientSecret":"` + bad + `"}`,
		"DescribeUserPoolClient":  `{"UserPoolId":"` + testPoolID + `","ClientId":"` + testClientID + `"}`,
		"AdminCreateUser":         `{"UserPoolId":"` + testPoolID + `"}`,
	} {
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, apiRequest(t, "http://x", operation, body))
		if operation == "CreateUserPoolClient" && (rec.Code != http.StatusBadRequest || strings.Contains(rec.Body.String(), bad)) {
			t.Errorf("%s: %d %s", operation, rec.Code, rec.Body)
		}
	}
	for _, hidden := range []string{own, bad, testSecret} {
		if strings.Contains(out.String(), hidden) {
			t.Errorf("the log has %q", hidden)
		}
	}
	for _, told := range []string{`"operation":"AddUserPoolClientSecret"`, `"error":"InvalidParameterException"`, "operation of cognito not served by mockcognito"} {
		if !strings.Contains(out.String(), told) {
			t.Errorf("the log does not have %s:\n%s", told, out.String())
		}
	}
}

func TestEpoch(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(epochOf(fixedClock()()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("1793534400.123", string(got)); diff != "" {
		t.Error(diff)
	}
}

// FuzzAPI: whatever is sent, the answer is JSON of the API, and never an internal error.
func FuzzAPI(f *testing.F) {
	seeds := map[string]string{
		"CreateUserPoolClient":       `{"UserPoolId":"` + testPoolID + `","ClientName":"c","GenerateSecret":true,"AllowedOAuthFlows":["client_credentials"],"AllowedOAuthScopes":["spillway/*"],"AccessTokenValidity":5,"TokenValidityUnits":{"AccessToken":"minutes"}}`,
		"UpdateUserPoolClient":       `{"UserPoolId":"` + testPoolID + `","ClientId":"` + testClientID + `","RefreshTokenValidity":315360000}`,
		"CreateResourceServer":       `{"UserPoolId":"` + testPoolID + `","Identifier":"a/","Name":"n","Scopes":[{"ScopeName":"s","ScopeDescription":"\u0000"}]}`,
		"CreateUserPoolDomain":       `{"UserPoolId":"` + testPoolID + `","Domain":"..","CustomDomainConfig":{"CertificateArn":"` + certificate + `"}}`,
		"UpdateUserPool":             `{"UserPoolId":"` + testPoolID + `","Policies":{},"UserPoolTags":{"k":"v"},"LambdaConfig":{}}`,
		"AddUserPoolClientSecret":    `{"UserPoolId":"` + testPoolID + `","ClientId":"` + testClientID + `"}`,
		"DeleteUserPoolClientSecret": `{"UserPoolId":"` + testPoolID + `","ClientId":"` + testClientID + `","ClientSecretId":"x"}`,
		"ListUserPools":              `{"MaxResults":1,"NextToken":"_____w"}`,
		"TagResource":                `{"ResourceArn":"arn:aws:cognito-idp:us-east-1:000000000000:userpool/` + testPoolID + `","Tags":{"a":null}}`,
		"AdminCreateUser":            `{`,
	}
	for operation, body := range seeds {
		f.Add(operation, body)
	}
	s, err := New(Config{Pools: testPools(), StateFile: testStateFile(f)})
	if err != nil {
		f.Fatal(err)
	}
	s.stateFile = "" // nothing of it need be kept
	start := s.directory()
	f.Fuzz(func(t *testing.T, operation, body string) {
		s.mu.Lock()
		s.dir = start
		s.mu.Unlock()
		if operation == "CreateUserPool" {
			return // making keys takes too long
		}
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://x/", strings.NewReader(body))
		req.Header.Set("Content-Type", apiContentType)
		req.Header["X-Amz-Target"] = []string{apiTarget + operation}
		req.Header.Set("Authorization", signed)
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, req)
		switch {
		case rec.Code == http.StatusOK && rec.Body.Len() == 0:
		case !json.Valid(rec.Body.Bytes()):
			t.Errorf("%s %q: %d %q", operation, body, rec.Code, rec.Body)
		case rec.Code != http.StatusOK && rec.Code != http.StatusBadRequest && rec.Code != http.StatusRequestEntityTooLarge:
			t.Errorf("%s %q: %d %s", operation, body, rec.Code, rec.Body)
		}
	})
}

// FuzzTokenRequest: whatever is sent to the token endpoint, the answer is one of Cognito's.
func FuzzTokenRequest(f *testing.F) {
	f.Add("", "grant_type=client_credentials&client_id="+testClientID+"&client_secret="+strings.ReplaceAll(testSecret, "+", "%2B"))
	f.Add("Basic YTpi", "grant_type=client_credentials&scope=spillway/weather.us.ny")
	f.Add("", "grant_type=refresh_token&client_id="+codeClientID+"&client_secret="+strings.ReplaceAll(testSecret, "+", "%2B")+"&refresh_token=r")
	s, err := New(Config{Pools: testPools(), StateFile: testStateFile(f)})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, header, body string) {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://x/oauth2/token", strings.NewReader(body))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header["Authorization"] = []string{header}
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, req)
		var got struct {
			AccessToken string `json:"access_token"`
			Error       string `json:"error"`
		}
		if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
			t.Fatalf("%d %q: %v", rec.Code, rec.Body, err)
		}
		if (rec.Code == http.StatusOK) != (got.AccessToken != "") || (rec.Code == http.StatusBadRequest) != (got.Error != "") {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
	})
}
