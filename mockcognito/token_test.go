package mockcognito

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func TestIssuedTokenIsExactlyCognitos(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 890e6, time.UTC)
	s, web := newTestServer(t, Config{Now: func() time.Time { return now }})
	token, err := s.Issue(testClientID, IssueOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verify(verifier(t, web.URL), token, jwt.WithTimeFunc(func() time.Time { return now })); err != nil {
		t.Error(err)
	}
	parts := strings.Split(token, ".")
	header, claims := decodePart(t, parts[0]), decodePart(t, parts[1])
	if want := `{"kid":"` + s.dir.pools[0].keys[0].access.kid + `","alg":"RS256"}`; header != want {
		t.Errorf("header %s, want %s", header, want)
	}
	var got tokenClaims
	if err := json.Unmarshal([]byte(claims), &got); err != nil {
		t.Fatal(err)
	}
	if _, err := uuid.Parse(got.Jti); err != nil {
		t.Errorf("jti: %v", err)
	}
	want := `{"sub":"1example23456789","token_use":"access",` +
		`"scope":"spillway/weather.us.ny spillway/weather.us.> https://api.example.com/v1/read","auth_time":1772600767,` +
		`"iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Local0001","exp":1772604367,"iat":1772600767,` +
		`"version":2,"jti":"` + got.Jti + `","client_id":"1example23456789"}`
	if diff := cmp.Diff(want, claims); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func decodePart(t *testing.T, part string) string {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestIssueOptions(t *testing.T) {
	t.Parallel()
	s, web := newTestServer(t, Config{})
	keys := verifier(t, web.URL)
	long := time.Now().Add(-48 * time.Hour)
	tests := map[string]struct {
		opts  IssueOptions
		err   error
		claim string
		want  any
	}{
		"nothing":        {IssueOptions{}, nil, "token_use", "access"},
		"scopes":         {IssueOptions{Scopes: []string{"any", "scope"}}, nil, "scope", "any scope"},
		"no scopes":      {IssueOptions{Scopes: []string{}}, nil, "scope", ""},
		"token use":      {IssueOptions{TokenUse: "id"}, nil, "token_use", "id"},
		"issuer":         {IssueOptions{Issuer: "https://example.com"}, jwt.ErrTokenInvalidIssuer, "iss", "https://example.com"},
		"expired":        {IssueOptions{Lifetime: -time.Second}, jwt.ErrTokenExpired, "", nil},
		"issued long":    {IssueOptions{IssuedAt: long}, jwt.ErrTokenExpired, "iat", float64(long.Unix())},
		"id key":         {IssueOptions{Key: IDKey}, nil, "token_use", "access"},
		"foreign key":    {IssueOptions{Key: ForeignKey}, keyfunc.ErrKeyfunc, "", nil},
		"claim set":      {IssueOptions{Claims: map[string]any{"aud": "x>y"}}, nil, "aud", "x>y"},
		"claim replaced": {IssueOptions{Claims: map[string]any{"version": 3}}, nil, "version", float64(3)},
		"claim removed":  {IssueOptions{Claims: map[string]any{"client_id": nil}}, nil, "client_id", nil},
		"no expiry":      {IssueOptions{Claims: map[string]any{"exp": nil}}, jwt.ErrTokenRequiredClaimMissing, "exp", nil},
		"alg replaced":   {IssueOptions{Header: map[string]any{"alg": "none"}}, jwt.ErrTokenSignatureInvalid, "", nil},
		"kid replaced":   {IssueOptions{Header: map[string]any{"kid": "x"}}, keyfunc.ErrKeyfunc, "", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			token, err := s.Issue(testClientID, test.opts)
			if err != nil {
				t.Fatal(err)
			}
			claims, err := verify(keys, token)
			if !errors.Is(err, test.err) {
				t.Errorf("verified: %v, want %v", err, test.err)
			}
			if test.claim != "" && claims[test.claim] != test.want {
				t.Errorf("%s is %v, want %v", test.claim, claims[test.claim], test.want)
			}
		})
	}
	if _, err := s.Issue("nobody", IssueOptions{}); !errors.Is(err, ErrUnknownClient) {
		t.Errorf("unknown client: %v", err)
	}
	if _, err := s.Issue(testClientID, IssueOptions{Key: 9}); err == nil {
		t.Error("key 9: no error")
	}
	if _, err := s.Issue(testClientID, IssueOptions{Claims: map[string]any{"x": make(chan int)}}); err == nil {
		t.Error("a claim that is not JSON: no error")
	}
}

func TestParseSigningKey(t *testing.T) {
	t.Parallel()
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	tooSmall, err := identified(small).pem()
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ text, want string }{
		"nothing":   {"", "PEM"},
		"not a key": {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "PKCS #8"},
		"too small": {tooSmall, "1024 bits"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := parseSigningKey(test.text); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("parseSigningKey: %v, want %q", err, test.want)
			}
		})
	}
}
