package gateway

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/spillway/spillway/mockcognito"
)

// mint is an issuer whose key the test has, too: it can sign what no issuer would.
type mint struct {
	issuer  *mockcognito.Server
	iss     string
	url     string // of the key set
	fetches atomic.Int32
	kid     string
	key     *rsa.PrivateKey // for access tokens
	other   *rsa.PrivateKey // an attacker's
}

func newMint(t *testing.T) *mint {
	t.Helper()
	file := filepath.Join(t.TempDir(), "state.json")
	m := &mint{issuer: newIssuer(t, file)}
	pool := m.issuer.Pools()[0]
	m.iss = pool.Issuer
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.fetches.Add(1)
		m.issuer.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	m.url = web.URL + "/" + pool.ID + "/.well-known/jwks.json"
	m.key = keyOf(t, file)
	var err error
	if m.other, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	m.kid, _ = part(t, m.honest(t), 0)["kid"].(string)
	return m
}

// keyOf reads the key for access tokens out of an issuer's state.
func keyOf(t *testing.T, file string) *rsa.PrivateKey {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Pools map[string]struct {
			AccessKeys []string `json:"access_keys"`
		}
	}
	if err := json.Unmarshal(data, &state); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(state.Pools["test"].AccessKeys[0]))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PrivateKey)
}

// part decodes the header (0) or the claims (1) of a token.
func part(t *testing.T, token string, i int) map[string]any {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(parts(token)[i])
	var got map[string]any
	if err == nil {
		err = json.Unmarshal(data, &got)
	}
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// honest is a token as the issuer makes it.
func (m *mint) honest(t *testing.T) string {
	t.Helper()
	token, err := m.issuer.Issue(clientID, mockcognito.IssueOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

type object = map[string]any

// claims are those of a good token with others over them; a nil value leaves one out.
func (m *mint) claims(edit object) string {
	now := time.Now()
	return encode(object{
		"sub": clientID, "client_id": clientID, "token_use": "access", "iss": m.iss, "jti": "00000000-0000-4000-8000-000000000000",
		"version": 2, "scope": "spillway/weather.us.* spillway/news.>", "auth_time": now.Unix(), "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}, edit)
}

func (m *mint) header(edit object) string { return encode(object{"alg": "RS256", "kid": m.kid}, edit) }

func encode(o, edit object) string {
	maps.Copy(o, edit)
	maps.DeleteFunc(o, func(_ string, v any) bool { return v == nil })
	data, err := json.Marshal(o)
	if err != nil {
		panic(err) // the test's own mistake
	}
	return string(data)
}

// token is signed with the issuer's own key.
func (m *mint) token(header, claims object) string {
	return sign(jwt.SigningMethodRS256, m.key, m.header(header), m.claims(claims))
}

// claim is a good token but for one claim, and head but for one field of its header.
func (m *mint) claim(name string, value any) string { return m.token(nil, object{name: value}) }
func (m *mint) head(name string, value any) string  { return m.token(object{name: value}, nil) }

// by is a token that says what it is signed with, and is.
func (m *mint) by(method jwt.SigningMethod, key any) string {
	return sign(method, key, m.header(object{"alg": method.Alg()}), m.claims(nil))
}

// stolen is a token of an attacker's key, whose header says something of it.
func (m *mint) stolen(header object) string {
	return sign(jwt.SigningMethodRS256, m.other, m.header(header), m.claims(nil))
}

// sign makes a token of any two texts.
func sign(method jwt.SigningMethod, key any, header, claims string) string {
	text := segment(header) + "." + segment(claims)
	signature, err := method.Sign(text, key)
	if err != nil {
		panic(err) // the test's own mistake
	}
	return text + "." + segment(string(signature))
}

func segment(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
