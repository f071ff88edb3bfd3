package gateway

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"google.golang.org/grpc/codes"

	"github.com/spillway/spillway/mockcognito"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// forgery is a token that no gateway may take.
type forgery struct {
	name, token string
	says        string
}

// refuse makes each call there is with a token, and wants all to be refused alike; then
// that the same caller is served with a good one.
func (a *arena) refuse(t *testing.T, token string, code codes.Code, says string) {
	t.Helper()
	ctx := a.bearer(t, token)
	_, access := a.client.GetAccess(ctx, &spillwayv1.GetAccessRequest{})
	_, renewed := a.renew(ctx, a.victim)
	for _, err := range []error{access, renewed, a.attempt(ctx, &spillwayv1.SubscribeRequest{})} {
		wantStatus(t, err, code, says)
		a.told.status(err)
	}
	if _, err := a.client.GetAccess(a.bearer(t, a.mint.token(nil, nil)), &spillwayv1.GetAccessRequest{}); err != nil {
		t.Errorf("a good token: %v", err)
	}
}

func attackTokens(t *testing.T, m *mint) {
	a := newArena(t, m, nil)
	theirs, fetched := keyServer(t, m)
	for _, forgeries := range [][]forgery{
		algorithms(t, m), headers(t, m, theirs), keyIDs(m), spellings(m), issuers(t, m), uses(m), times(m), holders(m),
	} {
		for _, f := range forgeries {
			t.Run(f.name, func(t *testing.T) { a.refuse(t, f.token, codes.Unauthenticated, f.says) })
		}
	}
	if n := fetched.Load(); n != 0 {
		t.Errorf("the attacker's keys were fetched %d times", n)
	}
	t.Run("taken back by the operator", func(t *testing.T) { attackRevoked(t, a) })
	t.Run("of a client that is locked out", func(t *testing.T) {
		a.policy.change(func() { a.policy.deny["locked-out"] = true })
		ctx := a.bearer(t, m.token(nil, object{"client_id": "locked-out", "sub": "locked-out"}))
		err := a.attempt(ctx, &spillwayv1.SubscribeRequest{})
		wantStatus(t, err, codes.PermissionDenied, "shut this client out")
		_, err = a.client.GetAccess(ctx, &spillwayv1.GetAccessRequest{})
		wantStatus(t, err, codes.PermissionDenied, "shut this client out")
	})
	a.served(t)
	t.Run("unknown key flood", func(t *testing.T) { attackUnknownKeys(t, m) })
	t.Run("too many failures", func(t *testing.T) { attackFailures(t, m) })
}

// keyServer publishes the attacker's key, under the issuer's key id.
func keyServer(t *testing.T, m *mint) (url string, fetched *atomic.Int32) {
	t.Helper()
	fetched = new(atomic.Int32)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fetched.Add(1)
		data, _ := json.Marshal(object{"keys": []any{m.jwk()}})
		_, _ = w.Write(data)
	}))
	t.Cleanup(web.Close)
	return web.URL, fetched
}

// jwk is the attacker's key as a key set has it.
func (m *mint) jwk() object {
	return object{"kty": "RSA", "kid": m.kid, "alg": "RS256", "use": "sig", "e": "AQAB", "n": base64.RawURLEncoding.EncodeToString(m.other.N.Bytes())}
}

func algorithms(t *testing.T, m *mint) []forgery {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&m.key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	const says = "RS256 is required"
	return []forgery{
		{"alg none", m.by(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType), says},
		{"alg none with a signature", m.head("alg", "none"), says},
		{"alg nOnE", sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, m.header(object{"alg": "nOnE"}), m.claims(nil)), says},
		{"HS256 with the public key", m.by(jwt.SigningMethodHS256, public), says},
		{"HS256 with the key's DER", m.by(jwt.SigningMethodHS256, der), says},
		{"HS256 with the modulus", m.by(jwt.SigningMethodHS256, m.key.N.Bytes()), says},
		{"HS256 with an empty key", m.by(jwt.SigningMethodHS256, []byte{}), says},
		{"RS384 by the right key", m.by(jwt.SigningMethodRS384, m.key), says},
		{"RS512 by the right key", m.by(jwt.SigningMethodRS512, m.key), says},
		{"PS256 by the right key", m.by(jwt.SigningMethodPS256, m.key), says},
		{"ES256", m.by(jwt.SigningMethodES256, ec), says},
		{"RS512 that says RS256", sign(jwt.SigningMethodRS512, m.key, m.header(nil), m.claims(nil)), says},
		{"alg in lower case", m.head("alg", "rs256"), says},
		{"no alg", m.head("alg", nil), says},
		{"alg is a list", m.head("alg", []string{"RS256"}), says},
		{"alg twice", sign(jwt.SigningMethodRS256, m.key, `{"alg":"none",`+m.header(nil)[1:], m.claims(nil)), "a field twice"},
	}
}

func headers(t *testing.T, m *mint, theirs string) []forgery {
	template := newAuthority(t)
	der, err := x509.CreateCertificate(rand.Reader, template.cert, template.cert, &m.other.PublicKey, template.key)
	if err != nil {
		t.Fatal(err)
	}
	chain := []string{base64.StdEncoding.EncodeToString(der)}
	const says = "signature or its algorithm is not valid"
	return []forgery{
		{"another key with the right kid", m.stolen(nil), says},
		{"jku", m.stolen(object{"jku": theirs}), says},
		{"jku and an unknown kid", m.stolen(object{"jku": theirs, "kid": "theirs"}), "does not publish"},
		{"x5u", m.stolen(object{"x5u": theirs}), says},
		{"embedded jwk", m.stolen(object{"jwk": m.jwk()}), says},
		{"embedded x5c", m.stolen(object{"x5c": chain}), says},
		{"jku, jwk and x5c at once", m.stolen(object{"jku": theirs, "jwk": m.jwk(), "x5c": chain}), says},
		{"crit", m.head("crit", []string{"exp"}), "header has crit"},
		{"b64", m.head("b64", false), "header has b64"},
		{"zip", m.head("zip", "DEF"), "header has zip"},
	}
}

func keyIDs(m *mint) []forgery {
	return []forgery{
		{"no kid", m.head("kid", nil), "has no kid"},
		{"empty kid", m.head("kid", ""), "kid must be 1 to 256 bytes"},
		{"kid is a path", m.stolen(object{"kid": "../../../../dev/null"}), "does not publish"},
		{"kid is SQL", m.stolen(object{"kid": "' UNION SELECT 'key' --"}), "does not publish"},
		{"kid is a URL", m.stolen(object{"kid": "http://127.0.0.1/keys"}), "does not publish"},
		{"kid with NUL", m.head("kid", m.kid+"\x00"), "does not publish"},
		{"kid is huge", m.head("kid", strings.Repeat("k", 10_000)), "kid must be 1 to 256 bytes"},
		{"kid is a list", m.head("kid", []string{m.kid}), "kid must be a text"},
		{"kid twice", sign(jwt.SigningMethodRS256, m.key, `{"kid":"other",`+m.header(nil)[1:], m.claims(nil)), "a field twice"},
	}
}

// spellings are of a token that is good: it must have but one.
func spellings(m *mint) []forgery {
	good := m.token(nil, nil)
	head, body, signature := parts(good)[0], parts(good)[1], parts(good)[2]
	const says = "not a JWT"
	return []forgery{
		{"trailing garbage", good + "AAAA", "signature"},
		{"trailing white space", good + " ", says},
		{"white space before", " " + good, says},
		{"a blank inside", head + "." + body + " ." + signature, says},
		{"four parts", good + "." + signature, says},
		{"two parts", head + "." + body, says},
		{"no signature", head + "." + body + ".", "signature"},
		{"half a signature", head + "." + body + "." + signature[:len(signature)/2], ""},
		{"the signature of another token", head + "." + segment(m.claims(object{"scope": "spillway/>"})) + "." + signature, "signature"},
		{"base64 with padding", good + "==", says},
		{"base64 of another alphabet", head + "." + body + "." + signature[:len(signature)-4] + "+/+/", says},
		{"base64 in another spelling", otherSpelling(good), says},
		{"33 KB", m.claim("padding", strings.Repeat("x", 24<<10)), "larger than 32768 bytes"},
		{"JSON in place of a token", `{"access_token":"` + good + `"}`, says},
	}
}

// otherSpelling changes bits of the last character that no byte is made of.
func otherSpelling(token string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, token[len(token)-1])
	return token[:len(token)-1] + alphabet[last^1:][:1]
}

func issuers(t *testing.T, m *mint) []forgery {
	foreign := newIssuer(t, "")
	theirs, err := foreign.Issue(clientID, mockcognito.IssueOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ours, err := foreign.Issue(clientID, mockcognito.IssueOptions{Issuer: m.iss, Header: object{"kid": m.kid}})
	if err != nil {
		t.Fatal(err)
	}
	return []forgery{
		{"another pool's", theirs, "does not publish"},
		{"another pool's that says it is ours", ours, "signature"},
		{"another pool of the same keys", m.claim("iss", m.iss+"2"), "another issuer"},
		{"iss with a slash", m.claim("iss", m.iss+"/"), "another issuer"},
		{"iss in upper case", m.claim("iss", strings.ToUpper(m.iss)), "another issuer"},
		{"iss of http", m.claim("iss", strings.Replace(m.iss, "https", "http", 1)), "another issuer"},
		{"iss as a list", m.claim("iss", []string{m.iss, "https://elsewhere"}), "iss must be a text"},
		{"no iss", m.claim("iss", nil), "has no iss"},
		{"empty iss", m.claim("iss", ""), "another issuer"},
	}
}

func uses(m *mint) []forgery {
	return []forgery{
		{"id token", m.claim("token_use", "id"), "no access token"},
		{"refresh token", m.claim("token_use", "refresh"), "no access token"},
		{"token_use in another case", m.claim("token_use", "Access"), "no access token"},
		{"token_use as a list", m.claim("token_use", []string{"access"}), "token_use must be a text"},
		{"no token_use", m.claim("token_use", nil), "has no token_use"},
		{"token_use twice", sign(jwt.SigningMethodRS256, m.key, m.header(nil), `{"token_use":"id",`+m.claims(nil)[1:]), "a field twice"},
	}
}

func times(m *mint) []forgery {
	in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	const whole = "must be a whole number"
	return []forgery{
		{"expired", m.token(nil, object{"iat": in(-2 * time.Hour), "exp": in(-time.Minute)}), "expired at"},
		{"expired years ago", m.token(nil, object{"iat": 1_000_000_000, "exp": 1_000_003_600}), "expired at"},
		{"not yet valid", m.claim("nbf", in(time.Minute)), "not valid yet"},
		{"far-future iat", m.token(nil, object{"iat": in(time.Hour), "exp": in(2 * time.Hour)}), "not valid yet"},
		{"no iat", m.claim("iat", nil), "has no iat"},
		{"no exp", m.claim("exp", nil), "has no exp"},
		{"exp is null", m.claim("exp", json.RawMessage("null")), whole},
		{"exp is a text", m.claim("exp", "9999999999"), whole},
		{"exp is a float", m.claim("exp", json.RawMessage("1e300")), whole},
		{"exp overflows", m.claim("exp", json.RawMessage("9223372036854775808")), whole},
		{"exp is negative", m.claim("exp", -1), whole},
		{"exp in the year 9999", m.claim("exp", 253402300799), "lives longer than 24h"},
		{"lives a day and a second", m.claim("exp", in(24*time.Hour+2*time.Second)), "lives longer than 24h"},
		{"exp twice", sign(jwt.SigningMethodRS256, m.key, m.header(nil), `{"exp":1,`+m.claims(nil)[1:]), "a field twice"},
	}
}

func holders(m *mint) []forgery {
	return []forgery{
		{"of a user", m.claim("sub", "b8d2a9ab-9e40-4f0c-8a3f-4d0f4c5a1d2e"), "of a user"},
		{"client_id as a list", m.claim("client_id", []string{clientID, otherID}), "client_id must be a text"},
		{"no client_id", m.claim("client_id", nil), "has no client_id"},
		{"empty client_id", m.token(nil, object{"client_id": "", "sub": ""}), "client_id must be 1 to 128 bytes"},
		{"client_id that forges a log", m.token(nil, object{"client_id": "a\nb", "sub": "a\nb"}), "client_id must be 1 to 128 bytes"},
		{"client_id that is huge", m.token(nil, object{"client_id": strings.Repeat("c", 1000), "sub": strings.Repeat("c", 1000)}), "client_id must be 1 to 128 bytes"},
		{"client_id twice", sign(jwt.SigningMethodRS256, m.key, m.header(nil), `{"client_id":"`+otherID+`",`+m.claims(nil)[1:]), "a field twice"},
		{"client_id twice, in another spelling", sign(jwt.SigningMethodRS256, m.key, m.header(nil), `{"client\u005fid":"`+otherID+`",`+m.claims(nil)[1:]), "a field twice"},
		{"jti that forges a log", m.claim("jti", "a\nb"), "jti must be at most 128 bytes"},
	}
}

func attackRevoked(t *testing.T, a *arena) {
	const id = "taken-back"
	ctx := a.bearer(t, a.mint.token(nil, object{"client_id": id, "sub": id}))
	r := a.subscribe(t, ctx, &spillwayv1.SubscribeRequest{})
	if _, err := a.log.Revoke(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, r.end(t).Err(), codes.Unauthenticated, "taken back the tokens")
	for _, token := range []string{"", a.mint.token(nil, object{"client_id": id, "sub": id, "iat": time.Now().Add(-time.Minute).Unix()})} {
		again := ctx // that is remembered, and another of the time before
		if token != "" {
			again = a.bearer(t, token)
		}
		wantStatus(t, a.attempt(again, &spillwayv1.SubscribeRequest{}), codes.Unauthenticated, "taken back the tokens")
	}
}

// attackUnknownKeys: made-up key ids make the gateway ask the issuer no more often than
// it may, and keep nobody out whose key is known.
func attackUnknownKeys(t *testing.T, m *mint) {
	a := newArena(t, m, nil)
	before, begin := m.fetches.Load(), time.Now()
	for range 100 {
		a.refuse(t, m.stolen(object{"kid": rand.Text()}), codes.Unauthenticated, "does not publish")
	}
	if n, took := m.fetches.Load()-before, time.Since(begin); int(n) > 1+int(took/(10*time.Second)) {
		t.Errorf("the key set was fetched %d times in %s", n, took)
	}
	a.served(t)
}

// attackFailures: an address that has too many tokens refused has no more of them
// verified, and a connection with many is ended.
func attackFailures(t *testing.T, m *mint) {
	a := newArena(t, m, func(c *Config) { c.Limits.AddressFailures = 0.01 })
	known := a.bearer(t, m.token(nil, nil))
	if _, err := a.client.GetAccess(known, &spillwayv1.GetAccessRequest{}); err != nil {
		t.Fatal(err)
	}
	_, err := a.client.GetAccess(a.bearer(t, m.stolen(nil)), &spillwayv1.GetAccessRequest{})
	wantStatus(t, err, codes.Unauthenticated, "signature")
	_, err = a.client.GetAccess(a.bearer(t, m.stolen(nil)), &spillwayv1.GetAccessRequest{})
	wantRetry(t, err, "too many calls without a valid token")
	if _, err := a.client.GetAccess(known, &spillwayv1.GetAccessRequest{}); err != nil {
		t.Errorf("a known token: %v", err)
	}
	a.served(t)
}
