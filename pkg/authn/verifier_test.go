package authn

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"encoding/base64"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

const issuer = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_TestPool1"

// pool is a token issuer for tests.
type pool struct {
	*httptest.Server
	key, other *rsa.PrivateKey
	kid        atomic.Value // string
	fetches    atomic.Int32
	down       atomic.Bool
	now        atomic.Int64
}

func newPool(t *testing.T) *pool {
	t.Helper()
	p := &pool{key: newKey(t), other: newKey(t)}
	p.kid.Store("key-1")
	p.now.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Unix())
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.fetches.Add(1)
		if p.down.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]any{
			"kid": p.kid.Load(), "kty": "RSA", "alg": "RS256", "use": "sig", "e": "AQAB",
			"n": base64.RawURLEncoding.EncodeToString(p.key.N.Bytes()),
		}}})
	}))
	t.Cleanup(p.Close)
	return p
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (p *pool) clock() time.Time { return time.Unix(p.now.Load(), 0) }

func (p *pool) verifier(t *testing.T) *Verifier {
	t.Helper()
	v, err := New(Config{Issuer: issuer, KeySetURL: p.URL, ResourceServer: "spillway", Now: p.clock})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// token signs what Cognito would, changed by edit.
func (p *pool) token(t *testing.T, edit func(header, claims map[string]any)) string {
	t.Helper()
	tok := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"sub": "client1", "client_id": "client1", "token_use": "access", "iss": issuer, "jti": "id1", "version": 2,
		"scope": "spillway/weather.us.ny spillway/weather.us.pa",
		"iat":   p.clock().Unix(), "auth_time": p.clock().Unix(), "exp": p.clock().Add(time.Hour).Unix(),
	})
	tok.Header = map[string]any{"alg": "RS256", "kid": p.kid.Load()}
	if edit != nil {
		edit(tok.Header, tok.Claims.(jwt.MapClaims))
	}
	text, err := tok.SignedString(p.key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestVerify(t *testing.T) {
	p := newPool(t)
	id, err := p.verifier(t).Verify(t.Context(), p.token(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	var grants []string
	for _, g := range id.Grants {
		grants = append(grants, g.String())
	}
	if diff := cmp.Diff([]string{"weather.us.ny", "weather.us.pa"}, grants); diff != "" {
		t.Error(diff)
	}
	if id.ClientID != "client1" || id.TokenID != "id1" || !id.Expires.Equal(p.clock().Add(time.Hour)) {
		t.Errorf("identity %+v", id)
	}
}

func TestVerifyRefuses(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	claim := func(name string, value any) string {
		return p.token(t, func(_, c map[string]any) {
			if value == nil {
				delete(c, name)
			} else {
				c[name] = value
			}
		})
	}
	signed := func(m jwt.SigningMethod, key any) string {
		tok := jwt.NewWithClaims(m, jwt.MapClaims{"client_id": "client1", "token_use": "access", "iss": issuer, "exp": p.clock().Add(time.Hour).Unix()})
		tok.Header["kid"] = "key-1"
		text, err := tok.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	modulus := p.key.N.Bytes()
	tests := []struct{ name, token, says string }{
		{"empty", "", "not a JWT"},
		{"garbage", "garbage", "not a JWT"},
		{"two parts", "a.b", "not a JWT"},
		{"NUL", p.token(t, nil) + "\x00", ""},
		{"too large", strings.Repeat("a", maxTokenBytes+1), "larger than"},
		{"expired", claim("exp", p.clock().Add(-time.Minute).Unix()), "expired at 2026-01-02T03:03:05Z"},
		{"no expiry", claim("exp", nil), "exp"},
		{"not valid yet", claim("nbf", p.clock().Add(time.Minute).Unix()), "not valid yet"},
		{"issued in the future", claim("iat", p.clock().Add(time.Hour).Unix()), "not valid yet"},
		{"another issuer", claim("iss", issuer+"x"), "another issuer"},
		{"no issuer", claim("iss", nil), ""},
		{"id token", claim("token_use", "id"), "no access token"},
		{"no token_use", claim("token_use", nil), "no access token"},
		{"no client", claim("client_id", nil), "no client_id"},
		{"no key id", p.token(t, func(h, _ map[string]any) { delete(h, "kid") }), "names no key"},
		{"key id is no text", p.token(t, func(h, _ map[string]any) { h["kid"] = 7 }), "names no key"},
		{"unknown key id", p.token(t, func(h, _ map[string]any) { h["kid"] = "other" }), "does not publish"},
		{"another key", signed(jwt.SigningMethodRS256, p.other), "signature"},
		{"alg none", signed(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType), "RS256 is required"},
		{"HS256 with the public key", signed(jwt.SigningMethodHS256, modulus), "RS256 is required"},
		{"PS256", signed(jwt.SigningMethodPS256, p.key), "RS256 is required"},
		{"RS512", signed(jwt.SigningMethodRS512, p.key), "RS256 is required"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := v.Verify(t.Context(), tt.token)
			var refused *Error
			if !errors.As(err, &refused) || !strings.Contains(refused.Reason, tt.says) {
				t.Errorf("Verify = %v, want a refusal that says %q", err, tt.says)
			}
		})
	}
	if got := p.fetches.Load(); got != 1 {
		t.Errorf("the key set was fetched %d times, want 1", got)
	}
}

func TestGrants(t *testing.T) {
	v := &Verifier{resourceServer: "urn:spill/way"}
	tests := []struct {
		name, scope string
		want        []string
	}{
		{"none", "", nil},
		{"split at the last slash", "urn:spill/way/weather.us.>", []string{"weather.us.>"}},
		{"another resource server", "urn:spill/a.b other/a.b way/a.b", nil},
		{"no pattern", "urn:spill/way/a..b urn:spill/way/ urn:spill/way", nil},
		{"covered ones are left out", "urn:spill/way/a.b urn:spill/way/a.> urn:spill/way/a.b", []string{"a.>"}},
		{"operators only by name", "urn:spill/way/> urn:spill/way/$spillway.>", []string{"$spillway.>", ">"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, g := range v.grants(tt.scope) {
				got = append(got, g.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestKeySet(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	verify := func() error {
		_, err := v.Verify(t.Context(), p.token(t, nil))
		return err
	}
	p.down.Store(true)
	if err := verify(); !errors.Is(err, ErrUnavailable) {
		t.Fatalf("without any keys: %v, want ErrUnavailable", err)
	}
	p.down.Store(false)
	if err := verify(); !errors.Is(err, ErrUnavailable) || p.fetches.Load() != 1 {
		t.Fatalf("within the interval: %v after %d fetches", err, p.fetches.Load())
	}
	p.now.Add(int64(keyFetchInterval / time.Second))
	if err := verify(); err != nil {
		t.Fatal(err)
	}
	p.down.Store(true)
	p.now.Add(60)
	if err := verify(); err != nil {
		t.Errorf("with known keys, the issuer down: %v", err)
	}
	p.kid.Store("key-2") // rotated while down: it is not known whether the key is one
	for range 2 {
		if err := verify(); !errors.Is(err, ErrUnavailable) {
			t.Errorf("rotated while down: %v, want ErrUnavailable", err)
		}
	}
	p.down.Store(false)
	p.now.Add(int64(keyFetchInterval / time.Second))
	if err := verify(); err != nil {
		t.Errorf("rotated: %v", err)
	}
	p.kid.Store("key-3") // the issuer withdraws the key
	if _, err := v.keys.key(t.Context(), "key-2"); err != nil {
		t.Errorf("a key of a set that is not old: %v", err)
	}
	p.now.Add(int64(keyMaxAge / time.Second))
	eventually(t, func() bool {
		_, err := v.keys.key(t.Context(), "key-2")
		return errors.Is(err, errUnknownKey)
	})
}

// eventually repeats until cond holds.
func eventually(t *testing.T, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Second)
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("not within 10 s")
		}
	}
}

func TestUnknownKeyFlood(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	if err := v.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if i%10 == 0 {
			p.now.Add(1)
		}
		tok := p.token(t, func(h, _ map[string]any) { h["kid"] = rand.Text() })
		if _, err := v.Verify(t.Context(), tok); err == nil {
			t.Fatal("a token with a made-up key id passes")
		}
	}
	if got := p.fetches.Load(); got > 3 { // the first, and one per 10 s of 20 s
		t.Errorf("%d fetches in 20 s", got)
	}
}

func TestCallerGoesAway(t *testing.T) {
	block := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-block }))
	defer srv.Close()
	defer close(block)
	v, err := New(Config{Issuer: issuer, KeySetURL: srv.URL, ResourceServer: "spillway"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := v.Warm(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Warm = %v", err)
	}
}

func TestNewNamesEveryMistake(t *testing.T) {
	_, err := New(Config{KeySetURL: "http://example.com/jwks"})
	for _, want := range []string{"issuer: must not be empty", "resource server: must not be empty", "must be https"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New = %v, want it to say %q", err, want)
		}
	}
	for _, ok := range []string{"http://127.0.0.1:9/x", "http://[::1]/x", "http://localhost/x", "https://example.com/x"} {
		if err := checkKeySetURL(ok, false); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
}

func TestHugeKeySet(t *testing.T) {
	n := new(big.Int).Lsh(big.NewInt(1), 2047)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"x":"` + strings.Repeat("a", maxKeySetBytes) + `","keys":[{"kty":"RSA","kid":"k","e":"AQAB","n":"` +
			base64.RawURLEncoding.EncodeToString(n.Bytes()) + `"}]}`))
	}))
	defer srv.Close()
	v, err := New(Config{Issuer: issuer, KeySetURL: srv.URL, ResourceServer: "spillway"})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Warm(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Warm = %v, want ErrUnavailable", err)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.eyJleHAiOjF9.c2ln")
	f.Add("a.b.c")
	v, err := New(Config{Issuer: issuer, KeySetURL: "http://127.0.0.1:1/", ResourceServer: "spillway"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := v.Verify(t.Context(), token); err == nil {
			t.Errorf("%q passes", token)
		}
	})
}
