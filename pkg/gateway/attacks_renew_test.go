package gateway

import (
	crand "crypto/rand"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// attackRenew: streams cannot be renewed by who has not opened them, nor to read more.
func attackRenew(t *testing.T, m *mint) {
	a := newArena(t, m, nil)
	own := a.bearer(t, m.token(nil, nil))
	_, first := a.open(t, own, &spillwayv1.SubscribeRequest{Patterns: []string{"news.>", "weather.us.ny"}})
	id := first.GetStreamId()
	const none = "this client has no such stream"
	for _, tt := range []struct {
		name, token, id string
		code            codes.Code
		says            string
	}{
		{"of another client", m.token(nil, object{"client_id": otherID, "sub": otherID}), id, codes.NotFound, none},
		{"guessed id", m.token(nil, nil), crand.Text(), codes.NotFound, none},
		{"id in another case", m.token(nil, nil), strings.ToLower(id), codes.NotFound, none},
		{"part of an id", m.token(nil, nil), id[:len(id)-1], codes.NotFound, none},
		{"empty id", m.token(nil, nil), "", codes.NotFound, none},
		{"huge id", m.token(nil, nil), strings.Repeat("x", 40_000), codes.NotFound, none},
		{"id in place of a token", id, id, codes.Unauthenticated, "not a JWT"},
		{"narrower grants", m.claim("scope", "spillway/news.>"), id, codes.PermissionDenied, `"weather.us.ny" is not covered`},
		{"grants of less depth", m.claim("scope", "spillway/news.* spillway/weather.us.ny"), id, codes.PermissionDenied, `"news.>" is not covered`},
		{"no grants", m.claim("scope", ""), id, codes.PermissionDenied, "grants nothing"},
		{"expired token", m.token(nil, object{"iat": time.Now().Add(-time.Hour).Unix(), "exp": time.Now().Add(-time.Minute).Unix()}), id, codes.Unauthenticated, "expired"},
		{"another's signature", m.stolen(nil), id, codes.Unauthenticated, "signature"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := a.renew(a.bearer(t, tt.token), tt.id)
			wantStatus(t, err, tt.code, tt.says)
			a.told.status(err)
		})
	}
	t.Run("another's stream is like one that is none", func(t *testing.T) {
		other := a.bearer(t, m.token(nil, object{"client_id": otherID, "sub": otherID}))
		_, one := a.renew(other, id)
		_, two := a.renew(other, crand.Text())
		if status.Convert(one).Message() != status.Convert(two).Message() {
			t.Errorf("%v, but %v", one, two)
		}
	})
	t.Run("wider grants", func(t *testing.T) {
		r, first := a.open(t, a.bearer(t, m.claim("scope", "spillway/weather.us.ny")), &spillwayv1.SubscribeRequest{})
		if _, err := a.renew(a.bearer(t, m.token(nil, object{"scope": "spillway/>", "exp": time.Now().Add(2 * time.Hour).Unix()})), first.GetStreamId()); err != nil {
			t.Fatal(err)
		}
		a.only(t, r, []string{"weather.us.pa", "news.a"}, "weather.us.ny")
	})
	t.Run("grant with a filter for one without", func(t *testing.T) {
		a.policy.change(func() { a.policy.filters["news.*"] = []string{`topic != "news.secret"`} })
		_, first := a.open(t, a.bearer(t, m.claim("scope", "spillway/news.>")), &spillwayv1.SubscribeRequest{Patterns: []string{"news.secret"}})
		_, err := a.renew(a.bearer(t, m.claim("scope", "spillway/news.*")), first.GetStreamId())
		wantStatus(t, err, codes.PermissionDenied, "do not cover any more")
	})
	t.Run("for longer by a token that ends earlier", func(t *testing.T) {
		got, err := a.renew(a.bearer(t, m.claim("exp", time.Now().Add(time.Minute).Unix())), id)
		if err != nil || !got.GetTokenExpiresAt().AsTime().Equal(first.GetTokenExpiresAt().AsTime()) {
			t.Errorf("it lives until %v, %v", got, err)
		}
	})
	t.Run("of a stream that has ended", func(t *testing.T) {
		r, first := a.open(t, a.bearer(t, m.token(nil, object{"exp": time.Now().Add(time.Second).Unix()})), &spillwayv1.SubscribeRequest{})
		wantStatus(t, r.end(t).Err(), codes.Unauthenticated, "the token expired at")
		_, err := a.renew(own, first.GetStreamId())
		wantStatus(t, err, codes.NotFound, none)
	})
	a.served(t)
}
