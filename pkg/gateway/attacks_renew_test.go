package gateway

import (
	crand "crypto/rand"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spillway/spillway/mockcognito"
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

// attackStreams: streams that go on although they may not.
func attackStreams(t *testing.T, m *mint) {
	a := newArena(t, m, func(c *Config) { c.StallTimeout, c.Limits.ClientStreams = 500*time.Millisecond, 20 })
	t.Run("continued after expiry", func(t *testing.T) {
		t.Parallel()
		r := a.subscribe(t, a.bearer(t, m.brief()), &spillwayv1.SubscribeRequest{Patterns: []string{"news.>"}})
		st := r.end(t)
		wantStatus(t, st.Err(), codes.Unauthenticated, "the token expired at")
		if resp, err := r.stream.Recv(); err == nil {
			t.Errorf("after its end it has %v", resp)
		}
	})
	t.Run("continued after expiry, without reading", func(t *testing.T) { t.Parallel(); attackUnread(t, m) })
	t.Run("token that has expired and is remembered", func(t *testing.T) { t.Parallel(); attackRemembered(t, m) })
	t.Run("that never reads", func(t *testing.T) { attackNeverReads(t, a) })
	t.Run("too many of a client", func(t *testing.T) {
		token := a.bearer(t, m.token(nil, object{"client_id": "many", "sub": "many"}))
		for range 20 {
			if err := a.attempt(token, &spillwayv1.SubscribeRequest{}); err != nil {
				t.Fatal(err)
			}
		}
		wantRetry(t, a.attempt(token, &spillwayv1.SubscribeRequest{}), "this client has 20 streams")
	})
	a.served(t)
}

// brief is a token that ends in a second or two.
func (m *mint) brief() string {
	return m.claim("exp", time.Now().Add(2*time.Second).Unix())
}

// attackUnread: a stream whose subscriber takes nothing ends with its token, too.
func attackUnread(t *testing.T, m *mint) {
	a := newArena(t, m, nil)
	a.fill(t)
	a.honest.topicsOnly(t, 8)
	w, before := a.wire(t), a.guarded()
	token := m.brief()
	a.told.used(token)
	id, err := w.open(fields(methodSubscribe, "authorization", "Bearer "+token))
	if err != nil {
		t.Fatal(err)
	}
	w.send(id, &spillwayv1.SubscribeRequest{Patterns: []string{"news.>"}, Start: &spillwayv1.SubscribeRequest_Origin{Origin: spillwayv1.Origin_ORIGIN_EARLIEST}})
	eventually(t, func() bool { return a.guarded() == before+1 })
	eventually(t, func() bool { return a.guarded() == before })
	for _, of := range []uint32{0, id} { // now it takes what is in the transport
		if err := w.fr.WriteWindowUpdate(of, 16<<20); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.answer(id); !strings.HasPrefix(got, "Unauthenticated: the token expired at") {
		t.Errorf("it ends with %q", got)
	}
	a.served(t)
}

// attackRemembered: a token that is remembered is so no longer than it lives.
func attackRemembered(t *testing.T, m *mint) {
	issued := time.Now().Add(-time.Hour)
	token, err := m.issuer.Issue(clientID, mockcognito.IssueOptions{IssuedAt: issued, Lifetime: time.Hour - leewayOfTokens + 2*time.Second})
	if err != nil {
		t.Fatal(err)
	}
	a := newArena(t, m, nil)
	ctx := a.bearer(t, token)
	if _, err := a.client.GetAccess(ctx, &spillwayv1.GetAccessRequest{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		_, err := a.client.GetAccess(ctx, &spillwayv1.GetAccessRequest{})
		return status.Code(err) == codes.Unauthenticated && strings.Contains(status.Convert(err).Message(), "expired at")
	})
	wantStatus(t, a.attempt(ctx, &spillwayv1.SubscribeRequest{}), codes.Unauthenticated, "expired at")
}

// leewayOfTokens is how long after its end a token is taken for calls.
const leewayOfTokens = 30 * time.Second

// attackNeverReads: who does not read is cut off, and holds no memory but its own place.
func attackNeverReads(t *testing.T, a *arena) {
	a.fill(t)
	a.honest.topicsOnly(t, 8)
	token := "Bearer " + a.mint.token(nil, object{"client_id": "deaf", "sub": "deaf"})
	bounded(t, func(height func()) {
		before := a.guarded()
		w := a.wire(t)
		for range 10 {
			id, err := w.open(fields(methodSubscribe, "authorization", token))
			if err != nil {
				t.Fatal(err)
			}
			w.send(id, &spillwayv1.SubscribeRequest{Patterns: []string{"news.>"}, Start: &spillwayv1.SubscribeRequest_Origin{Origin: spillwayv1.Origin_ORIGIN_EARLIEST}})
		}
		a.put(t, "news.a")
		a.honest.topics(t, 1)
		eventually(t, func() bool { return a.server.streams.Load() >= 12 })
		eventually(t, func() bool { return a.guarded() <= before })
		height()
		a.served(t)
		if n := a.server.streams.Load(); n < 12 {
			t.Errorf("the places of streams that are not read are given back: %d are taken", n)
		}
		w.conn.Close()
		eventually(t, func() bool { return a.server.streams.Load() <= 2 })
	})
}
