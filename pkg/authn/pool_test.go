package authn

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
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

func newPool(t testing.TB) *pool {
	t.Helper()
	p := &pool{key: newKey(t, 2048), other: newKey(t, 2048)}
	p.kid.Store("key-1")
	p.now.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Unix())
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.fetches.Add(1)
		if p.down.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write(keySetOf(jwk(p.kid.Load(), &p.key.PublicKey, nil)))
	}))
	t.Cleanup(p.Close)
	return p
}

func newKey(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// jwk is a key as Cognito publishes it, changed by edit.
func jwk(kid any, key *rsa.PublicKey, edit map[string]any) map[string]any {
	m := map[string]any{
		"kid": kid, "kty": "RSA", "alg": "RS256", "use": "sig",
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
		"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
	}
	for name, value := range edit {
		if m[name] = value; value == nil {
			delete(m, name)
		}
	}
	return m
}

func keySetOf(keys ...any) []byte {
	data, _ := json.Marshal(map[string]any{"keys": keys})
	return data
}

func (p *pool) clock() time.Time { return time.Unix(p.now.Load(), 0) }

func (p *pool) pass(d time.Duration) { p.now.Add(int64(d / time.Second)) }

func (p *pool) verifier(t testing.TB) *Verifier {
	t.Helper()
	v, err := New(Config{Issuer: issuer, KeySetURL: p.URL, ResourceServers: []string{"spillway"}, Now: p.clock})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// token signs what Cognito would, changed by edit.
func (p *pool) token(t testing.TB, edit func(header, claims map[string]any)) string {
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

// claim signs a token with one claim changed, or left out if value is nil.
func (p *pool) claim(t testing.TB, name string, value any) string {
	return p.token(t, func(_, c map[string]any) {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	})
}

// header signs a token with one header more, or left out if value is nil.
func (p *pool) header(t testing.TB, name string, value any) string {
	return p.token(t, func(h, _ map[string]any) {
		if h[name] = value; value == nil {
			delete(h, name)
		}
	})
}

// sign signs any header and claims.
func (p *pool) sign(t testing.TB, header, claims string) string {
	t.Helper()
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	sig, err := jwt.SigningMethodRS256.Sign(text, p.key)
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}
