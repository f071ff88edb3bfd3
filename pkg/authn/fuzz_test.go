package authn

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func FuzzVerify(f *testing.F) {
	p := newPool(f)
	v := p.verifier(f)
	good := p.token(f, nil)
	f.Add("eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.eyJleHAiOjF9.c2ln")
	f.Add("a.b.c")
	f.Add(good + "x")
	f.Add(good[:len(good)-2])
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := v.Verify(t.Context(), token); err == nil {
			t.Errorf("%q passes", token)
		}
	})
}

// FuzzClaims signs any claims with the right key, so that what is behind the signature
// is fuzzed, too. What passes must say the same when it is read the plain way.
func FuzzClaims(f *testing.F) {
	p := newPool(f)
	v := p.verifier(f)
	body := strings.Split(p.token(f, nil), ".")[1]
	claims, _ := base64.RawURLEncoding.DecodeString(body)
	f.Add(claims)
	f.Add([]byte(`{"exp":1e300,"iat":-1,"client_id":["a"]}`))
	f.Add([]byte(`{"exp":1,"exp":2}`))
	f.Add([]byte(strings.Replace(string(claims), "spillway/weather.us.ny", "spillway/> spillway/$x.* a/b/c /", 1)))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, claims []byte) {
		id, err := v.Verify(t.Context(), p.sign(t, `{"alg":"RS256","kid":"key-1"}`, string(claims)))
		if err != nil {
			return
		}
		var plain map[string]any
		if err := json.Unmarshal(claims, &plain); err != nil {
			t.Fatalf("%q is taken: %v", claims, err)
		}
		now := p.clock()
		switch {
		case id.ClientID == "" || plain["client_id"] != id.ClientID || plain["sub"] != id.ClientID:
			t.Errorf("%q is taken as %+v", claims, id)
		case plain["iss"] != issuer || plain["token_use"] != "access":
			t.Errorf("%q is taken", claims)
		case !now.Before(id.Expires.Add(leeway)), id.Issued.After(now.Add(leeway)), id.Expires.Sub(id.Issued) > 24*time.Hour:
			t.Errorf("%q is taken from %v to %v", claims, id.Issued, id.Expires)
		}
		scope, _ := plain["scope"].(string)
		for _, g := range id.Grants {
			if !strings.Contains(" "+scope+" ", " spillway/"+g.String()+" ") {
				t.Errorf("%q grants %s", claims, g)
			}
		}
	})
}
