package authn

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

func TestVerify(t *testing.T) {
	p := newPool(t)
	id, err := p.verifier(t).Verify(t.Context(), p.token(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"weather.us.ny", "weather.us.pa"}, grantTexts(id)); diff != "" {
		t.Error(diff)
	}
	if id.ClientID != "client1" || id.TokenID != "id1" || !id.Issued.Equal(p.clock()) || !id.Expires.Equal(p.clock().Add(time.Hour)) {
		t.Errorf("identity %+v", id)
	}
}

func grantTexts(id Identity) []string {
	var texts []string
	for _, g := range id.Grants {
		texts = append(texts, g.String())
	}
	return texts
}

// TestVerifyTakes is what is unusual, and right.
func TestVerifyTakes(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	tests := []struct{ name, token string }{
		{"typ", p.header(t, "typ", "JWT")},
		{"expired within the leeway", p.claim(t, "exp", p.clock().Add(time.Second-leeway).Unix())},
		{"issued within the leeway", p.claim(t, "iat", p.clock().Add(leeway).Unix())},
		{"valid from within the leeway", p.claim(t, "nbf", p.clock().Add(leeway).Unix())},
		{"a day long", p.claim(t, "exp", p.clock().Add(maxLifetime).Unix())},
		{"no scope", p.claim(t, "scope", nil)},
		{"no jti", p.claim(t, "jti", nil)},
		{"other claims of any type", p.claim(t, "aud", map[string]any{"a": []int{1}})},
		{"names in another case", p.claim(t, "Client_ID", "somebody")},
		{"a key of somebody's own that is not used", p.header(t, "jku", "https://example.com/keys")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, err := v.Verify(t.Context(), tt.token)
			if err != nil || id.ClientID != "client1" {
				t.Errorf("Verify = %+v, %v", id, err)
			}
		})
	}
}

func TestVerifyRefusesClaims(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	at := func(d time.Duration) int64 { return p.clock().Add(d).Unix() }
	raw := func(text string) json.RawMessage { return json.RawMessage(text) }
	tests := []struct {
		claim string
		value any
		says  string
	}{
		{"exp", at(-leeway), "expired at 2026-01-02T03:03:35Z: get a new one"},
		{"exp", at(-100 * time.Hour), "expired at 2025-12-28T23:04:05Z"},
		{"exp", nil, "has no exp"},
		{"exp", raw("null"), "exp must be a whole number"},
		{"exp", fmt.Sprint(at(time.Hour)), "exp must be a whole number"},
		{"exp", float64(at(time.Hour)) + 0.5, "exp must be a whole number"},
		{"exp", raw("1e300"), "exp must be a whole number"},
		{"exp", raw("1e10"), "exp must be a whole number"},
		{"exp", raw("9223372036854775808"), "exp must be a whole number"},
		{"exp", raw("9223372036854775807"), "exp must be a whole number"},
		{"exp", raw("-9223372036854775808"), "exp must be a whole number"},
		{"exp", raw("253402300800"), "exp must be a whole number"},
		{"exp", raw("253402300799"), "lives longer than 24h"},
		{"exp", -1, "exp must be a whole number"},
		{"exp", raw("-0"), "exp must be a whole number"},
		{"exp", 0, "exp must be a whole number"},
		{"exp", []int64{at(time.Hour)}, "exp must be a whole number"},
		{"exp", true, "exp must be a whole number"},
		{"exp", at(maxLifetime + time.Second), "lives longer than 24h"},
		{"iat", nil, "has no iat"},
		{"iat", at(leeway + time.Second), "not valid yet"},
		{"iat", at(time.Hour), "not valid yet"},
		{"iat", 1, "lives longer than 24h"},
		{"iat", raw("1e300"), "iat must be a whole number"},
		{"iat", "now", "iat must be a whole number"},
		{"nbf", at(leeway + time.Second), "not valid yet"},
		{"nbf", raw("253402300799"), "not valid yet"},
		{"nbf", raw("1e300"), "nbf must be a whole number"},
		{"nbf", raw("null"), "nbf must be a whole number"},
		{"iss", nil, "has no iss"},
		{"iss", "", "another issuer"},
		{"iss", issuer + "/", "another issuer"},
		{"iss", strings.ToUpper(issuer), "another issuer"},
		{"iss", strings.Replace(issuer, "https", "http", 1), "another issuer"},
		{"iss", " " + issuer, "another issuer"},
		{"iss", issuer + "\x00", "another issuer"},
		{"iss", strings.TrimSuffix(issuer, "1"), "another issuer"},
		{"iss", []string{issuer}, "iss must be a text"},
		{"token_use", nil, "has no token_use"},
		{"token_use", "id", `no access token (token_use is "id")`},
		{"token_use", "Access", "no access token"},
		{"token_use", "access ", "no access token"},
		{"token_use", []string{"access"}, "token_use must be a text"},
		{"token_use", true, "token_use must be a text"},
		{"client_id", nil, "has no client_id"},
		{"client_id", "", "client_id must be 1 to 128 bytes"},
		{"client_id", "client1\n", "client_id must be 1 to 128 bytes"},
		{"client_id", "client 1", "client_id must be 1 to 128 bytes"},
		{"client_id", "clïent1", "client_id must be 1 to 128 bytes"},
		{"client_id", strings.Repeat("a", 129), "client_id must be 1 to 128 bytes"},
		{"client_id", 1, "client_id must be a text"},
		{"client_id", raw("null"), "client_id must be a text"},
		{"client_id", []string{"client1"}, "client_id must be a text"},
		{"client_id", "client2", "is of a user"},
		{"sub", "b8d2a9ab-9e40-4f0c-8a3f-4d0f4c5a1d2e", "is of a user"},
		{"sub", nil, "has no sub"},
		{"sub", "CLIENT1", "is of a user"},
		{"jti", 7, "jti must be a text"},
		{"jti", "a\nb", "jti must be at most 128 bytes"},
		{"jti", strings.Repeat("a", 129), "jti must be at most 128 bytes"},
		{"scope", []string{"spillway/>"}, "scope must be a text"},
		{"scope", raw("null"), "scope must be a text"},
		{"scope", strings.Join(manyScopes(51), " "), "at most 50 are allowed"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s=%.20v", tt.claim, tt.value), func(t *testing.T) {
			refused(t, v, p.claim(t, tt.claim, tt.value), tt.says)
		})
	}
}

func manyScopes(n int) []string {
	scopes := make([]string, n)
	for i := range scopes {
		scopes[i] = fmt.Sprintf("spillway/a.%d", i)
	}
	return scopes
}

// fifty is what manyScopes(50) grant.
func fifty() []string {
	texts := make([]string, 50)
	for i, s := range manyScopes(50) {
		texts[i] = strings.TrimPrefix(s, "spillway/")
	}
	slices.Sort(texts)
	return texts
}

// refused verifies a token that must be refused for a reason, and then again: what was
// refused is not remembered.
func refused(t *testing.T, v *Verifier, token, says string) {
	t.Helper()
	for range 2 {
		_, err := v.Verify(t.Context(), token)
		reason, ok := errors.AsType[*Error](err)
		if !ok || !strings.Contains(reason.Reason, says) || len(reason.Reason) > 300 || strings.ContainsAny(reason.Reason, "\x00\n") {
			t.Errorf("Verify = %v, want a refusal that says %q", err, says)
		}
	}
	if _, ok := v.Known(token); ok {
		t.Error("the token is remembered")
	}
}

func TestVerifyRefusesForms(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	good := p.token(t, nil)
	parts := strings.Split(good, ".")
	head, body, sig := parts[0], parts[1], parts[2]
	claims, _ := base64.RawURLEncoding.DecodeString(body)
	with := func(more string) string { return strings.TrimSuffix(string(claims), "}") + "," + more + "}" }
	const header = `{"alg":"RS256","kid":"key-1"}`
	if _, err := v.Verify(t.Context(), p.sign(t, header, string(claims))); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, token, says string }{
		{"empty", "", "not a JWT"},
		{"garbage", "garbage", "not a JWT"},
		{"two parts", head + "." + body, "not a JWT"},
		{"four parts", good + ".", "not a JWT"},
		{"five parts", good + ".a.b", "not a JWT"},
		{"only dots", "..", "not a JWT"},
		{"no signature", head + "." + body + ".", "signature"},
		{"half a signature", head + "." + body + "." + sig[:len(sig)/2], ""},
		{"no claims", head + ".." + sig, "not a JWT"},
		{"blank before", " " + good, "not a JWT"},
		{"blank after", good + " ", "not a JWT"},
		{"line end after", good + "\n", "not a JWT"},
		{"line end inside", head + "." + body[:4] + "\r\n" + body[4:] + "." + sig, "not a JWT"},
		{"NUL", good + "\x00", "not a JWT"},
		{"padding", head + "." + body + "." + sig + "==", "not a JWT"},
		{"base64 with + and /", head + "." + body + "." + strings.NewReplacer("-", "+", "_", "/").Replace(sig) + "+", "not a JWT"},
		{"trailing bits", head + "." + body + "." + otherSpelling(sig), "not a JWT"},
		{"bytes after the signature", head + "." + body + "." + sig + "AAAA", ""},
		{"not ASCII", "é" + good, "not a JWT"},
		{"too large", strings.Repeat("a", maxTokenBytes+1), "larger than 32768 bytes"},
		{"as large as can be", strings.Repeat("a", maxTokenBytes), "not a JWT"},
		{"JSON form", `{"payload":"` + body + `"}`, "not a JWT"},
		{"claims are null", p.sign(t, header, "null"), ""},
		{"claims are a list", p.sign(t, header, "[]"), "not a JWT"},
		{"claims are a text", p.sign(t, header, `"a"`), "not a JWT"},
		{"claims are empty", p.sign(t, header, "{}"), "has no iss"},
		{"claims are no JSON", p.sign(t, header, "{"), "not a JWT"},
		{"claims and more", p.sign(t, header, string(claims)+"{}"), "not a JWT"},
		{"claims nested deep", p.sign(t, header, strings.Repeat("[", 12000)), "not a JWT"},
		{"client twice", p.sign(t, header, with(`"client_id":"client2"`)), "a field twice"},
		{"client twice, escaped", p.sign(t, header, with(`"client\u005fid":"client2"`)), "a field twice"},
		{"expiry twice", p.sign(t, header, with(`"exp":253402300799`)), "a field twice"},
		{"algorithm twice", p.sign(t, `{"alg":"none","alg":"RS256","kid":"key-1"}`, string(claims)), "a field twice"},
		{"key id twice", p.sign(t, `{"alg":"RS256","kid":"other","kid":"key-1"}`, string(claims)), "a field twice"},
		{"header is null", p.sign(t, "null", string(claims)), "RS256 is required"},
		{"header is a list", p.sign(t, "[]", string(claims)), "not a JWT"},
		{"critical header", p.header(t, "crit", []string{"exp"}), "has crit"},
		{"b64", p.header(t, "b64", false), "has b64"},
		{"compressed", p.header(t, "zip", "DEF"), "has zip"},
		{"no key id", p.header(t, "kid", nil), "has no kid"},
		{"empty key id", p.header(t, "kid", ""), "kid must be 1 to 256"},
		{"key id is no text", p.header(t, "kid", 7), "kid must be a text"},
		{"huge key id", p.header(t, "kid", strings.Repeat("a", 257)), "kid must be 1 to 256"},
		{"unknown key id", p.header(t, "kid", "other"), "does not publish"},
		{"key id in another case", p.header(t, "kid", "KEY-1"), "does not publish"},
		{"key id with NUL", p.header(t, "kid", "key-1\x00"), "does not publish"},
		{"key id is a path", p.header(t, "kid", "../../../../dev/null"), "does not publish"},
		{"key id is SQL", p.header(t, "kid", "' OR 1=1 --"), "does not publish"},
		{"algorithm in another case", p.sign(t, `{"alg":"rs256","kid":"key-1"}`, string(claims)), "RS256 is required"},
		{"algorithm's name in another case", p.sign(t, `{"Alg":"RS256","kid":"key-1"}`, string(claims)), "RS256 is required"},
		{"algorithm is unknown", p.sign(t, `{"alg":"XX","kid":"key-1"}`, string(claims)), "RS256 is required"},
		{"algorithm is no text", p.sign(t, `{"alg":["RS256"],"kid":"key-1"}`, string(claims)), "RS256 is required"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { refused(t, v, tt.token, tt.says) })
	}
	if got := p.fetches.Load(); got != 1 {
		t.Errorf("the key set was fetched %d times, want 1", got)
	}
}

// otherSpelling changes bits of the last character that no byte is made of.
func otherSpelling(sig string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, sig[len(sig)-1])
	return sig[:len(sig)-1] + alphabet[last^1:][:1]
}

func TestVerifyRefusesSignatures(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pkix, err := x509.MarshalPKIXPublicKey(&p.key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	good := strings.Split(p.token(t, nil), ".")
	own := jwk("key-1", &p.other.PublicKey, nil)
	tests := []struct {
		name   string
		method jwt.SigningMethod
		key    any
		header map[string]any
		says   string
	}{
		{"another key", jwt.SigningMethodRS256, p.other, nil, "signature"},
		{"none", jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, "RS256 is required"},
		{"HS256 with the modulus", jwt.SigningMethodHS256, p.key.N.Bytes(), nil, "RS256 is required"},
		{"HS256 with the public key", jwt.SigningMethodHS256, pkix, nil, "RS256 is required"},
		{"HS256 that says RS256", jwt.SigningMethodHS256, pkix, map[string]any{"alg": "RS256"}, "signature"},
		{"ES256", jwt.SigningMethodES256, ec, nil, "RS256 is required"},
		{"ES256 that says RS256", jwt.SigningMethodES256, ec, map[string]any{"alg": "RS256"}, "signature"},
		{"PS256", jwt.SigningMethodPS256, p.key, nil, "RS256 is required"},
		{"RS512", jwt.SigningMethodRS512, p.key, nil, "RS256 is required"},
		{"RS512 that says RS256", jwt.SigningMethodRS512, p.key, map[string]any{"alg": "RS256"}, "signature"},
		{"a key of its own", jwt.SigningMethodRS256, p.other, map[string]any{"jwk": own}, "signature"},
		{"a URL of keys of its own", jwt.SigningMethodRS256, p.other, map[string]any{"jku": p.URL, "x5u": p.URL}, "signature"},
		{"a certificate of its own", jwt.SigningMethodRS256, p.other, map[string]any{"x5c": []string{"MII="}, "x5t": "x"}, "signature"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tok := jwt.NewWithClaims(tt.method, jwt.MapClaims{
				"sub": "client1", "client_id": "client1", "token_use": "access", "iss": issuer,
				"iat": p.clock().Unix(), "exp": p.clock().Add(time.Hour).Unix(),
			})
			tok.Header["kid"] = "key-1"
			text, err := tok.SignedString(tt.key)
			if err != nil {
				t.Fatal(err)
			}
			if tt.header != nil { // signed or not, the algorithm is the verifier's choice
				for name, value := range tt.header {
					tok.Header[name] = value
				}
				head, _ := json.Marshal(tok.Header)
				signed := strings.Split(text, ".")
				text = base64.RawURLEncoding.EncodeToString(head) + "." + signed[1] + "." + signed[2]
			}
			refused(t, v, text, tt.says)
		})
	}
	t.Run("another token's signature", func(t *testing.T) {
		other := strings.Split(p.claim(t, "scope", "spillway/>"), ".")
		refused(t, v, good[0]+"."+other[1]+"."+good[2], "signature")
	})
	if got := p.fetches.Load(); got != 1 {
		t.Errorf("the key set was fetched %d times, want 1", got)
	}
}

// TestEchoIsBounded: what is repeated of a token is quoted and short.
func TestEchoIsBounded(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	long := strings.Repeat("x\n", 1000)
	for _, claim := range []string{"iss", "token_use"} {
		refused(t, v, p.claim(t, claim, long), `\n`)
	}
}

func TestGrants(t *testing.T) {
	tests := []struct {
		name, scope string
		want        []string
	}{
		{"none", "", nil},
		{"split at the last slash", "urn:spill/way/weather.us.>", []string{"weather.us.>"}},
		{"of several resource servers", "spillway/a.b urn:spill/way/c.d", []string{"a.b", "c.d"}},
		{"of one twice", "spillway/a.b urn:spill/way/a.b spillway/a.b", []string{"a.b"}},
		{"another resource server", "urn:spill/a.b other/a.b way/a.b /a.b Spillway/a.b xspillway/a.b", nil},
		{"no pattern", "urn:spill/way/a..b urn:spill/way/ urn:spill/way spillway/ spillway", nil},
		{"covered ones are kept", "spillway/a.> spillway/a.b", []string{"a.>", "a.b"}},
		{"operators only by name", "urn:spill/way/> urn:spill/way/$spillway.>", []string{"$spillway.>", ">"}},
		{"more than one blank", "  spillway/a   spillway/b ", []string{"a", "b"}},
		{"other blanks separate nothing", "spillway/a\tspillway/b spillway/c\u00a0spillway/d x\nspillway/e", nil},
		{"fifty, each twice", strings.Join(append(manyScopes(50), manyScopes(50)...), " "), fifty()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := grants(tt.scope, []string{"spillway", "urn:spill/way"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, grantTexts(Identity{Grants: got})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNewNamesEveryMistake(t *testing.T) {
	_, err := New(Config{KeySetURL: "http://example.com/jwks", Remember: -1})
	for _, want := range []string{"issuer: must not be empty", "resource servers: there must be one at least", "remembered tokens: is -1", "must be https"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New = %v, want it to say %q", err, want)
		}
	}
	for _, server := range []string{"", "a b", "a\n"} {
		if _, err := New(Config{Issuer: issuer, ResourceServers: []string{"ok", server}}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", server)) {
			t.Errorf("New with resource server %q = %v", server, err)
		}
	}
}
