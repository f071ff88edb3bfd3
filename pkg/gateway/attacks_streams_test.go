package gateway

import (
	"context"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spillway/spillway/mockcognito"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// attackStreams: streams that go on although they may not.
func attackStreams(t *testing.T, m *mint) {
	a := newArena(t, m, func(c *Config) { c.StallTimeout, c.Limits.ClientStreams = 500*time.Millisecond, 20 })
	t.Run("continued after expiry", func(t *testing.T) {
		t.Parallel()
		r := a.subscribe(t, a.bearer(t, m.brief()), &spillwayv1.SubscribeRequest{})
		st := r.end(t)
		wantStatus(t, st.Err(), codes.Unauthenticated, "the token expired at")
		if resp, err := r.stream.Recv(); err == nil {
			t.Errorf("after its end it has %v", resp)
		}
	})
	t.Run("continued after expiry, without reading", func(t *testing.T) { t.Parallel(); attackUnread(t, m) })
	t.Run("token that has expired and is remembered", func(t *testing.T) { t.Parallel(); attackRemembered(t, m) })
	t.Run("request after the end of its token", func(t *testing.T) { t.Parallel(); attackLateRequest(t, m) })
	t.Run("request after the client was locked out", func(t *testing.T) { attackLockedOut(t, a) })
	t.Run("rapid reset by a customer", func(t *testing.T) { attackOwnReset(t, a) })
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
	return m.token(nil, object{"scope": "spillway/bulk.>", "exp": time.Now().Add(2 * time.Second).Unix()})
}

// bulk puts more than a connection and its buffers hold, for attackers alone.
func (a *arena) bulk(t *testing.T) {
	t.Helper()
	for range 8 {
		a.putLarge(t, "bulk.a", 1<<20)
	}
}

func earliest() *spillwayv1.SubscribeRequest {
	return &spillwayv1.SubscribeRequest{Start: &spillwayv1.SubscribeRequest_Origin{Origin: spillwayv1.Origin_ORIGIN_EARLIEST}}
}

// attackUnread: a stream whose subscriber takes nothing ends with its token, too.
func attackUnread(t *testing.T, m *mint) {
	a := newArena(t, m, nil)
	a.bulk(t)
	w, before := a.wire(t), a.guarded()
	token := m.brief()
	a.told.used(token)
	id, err := w.open(fields(methodSubscribe, "authorization", "Bearer "+token))
	if err != nil {
		t.Fatal(err)
	}
	w.send(id, earliest())
	if !w.begun(t, id) {
		t.Fatal("it is refused")
	}
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

// attackLateRequest makes a call while its token is good, and says later what it wants.
func attackLateRequest(t *testing.T, m *mint) {
	a := newArena(t, m, nil)
	const size = 50_000
	a.putLarge(t, "bulk.a", size)
	w, token := a.wire(t), m.brief()
	a.told.used(token)
	id, err := w.open(fields(methodSubscribe, "authorization", "Bearer "+token))
	if err != nil {
		t.Fatal(err)
	}
	end := time.Unix(int64(part(t, token, 1)["exp"].(float64)), 0)
	eventually(t, func() bool { return time.Now().After(end) })
	w.send(id, earliest())
	if got := w.answer(id); !strings.HasPrefix(got, "Unauthenticated: the token expired at") || w.data >= size {
		t.Errorf("it ends with %q after %d bytes", got, w.data)
	}
}

// attackLockedOut makes a call, and says what it wants when it may not any more.
func attackLockedOut(t *testing.T, a *arena) {
	token := a.mint.token(nil, object{"client_id": "late", "sub": "late"})
	a.told.used(token)
	w := a.wire(t)
	id, err := w.open(fields(methodSubscribe, "authorization", "Bearer "+token))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return a.knows(w) }) // the call was let in
	a.policy.change(func() { a.policy.deny["late"] = true })
	w.send(id, &spillwayv1.SubscribeRequest{})
	w.wantEnd(t, w.answer(id), "PermissionDenied: the operator has shut this client out")
}

// knows tells whether a connection has had a valid token.
func (a *arena) knows(w *wire) bool {
	a.server.conns.mu.Lock()
	defer a.server.conns.mu.Unlock()
	c := a.server.conns.open[w.conn.LocalAddr().String()]
	return c != nil && c.known.Load()
}

// attackOwnReset: a customer's streams that are given up at once cost no more than they
// have to, and are all counted out.
func attackOwnReset(t *testing.T, a *arena) {
	token := a.mint.token(nil, object{"client_id": "hasty", "sub": "hasty"})
	a.told.used(token)
	bounded(t, func(height func()) {
		w := a.wire(t)
		for i := range 3000 {
			id, err := w.open(fields(methodSubscribe, "authorization", "Bearer "+token))
			if err != nil {
				t.Fatal(err)
			}
			if i%2 == 0 { // with what it wants, or without
				w.send(id, &spillwayv1.SubscribeRequest{})
			}
			if err := w.fr.WriteRSTStream(id, http2.ErrCodeCancel); err != nil {
				t.Fatal(err)
			}
		}
		a.served(t)
		height()
		w.conn.Close()
		eventually(t, func() bool { return a.server.streams.Load() == 2 && a.guarded() == 2 })
	})
}

// attackRemembered: a token that is remembered is so no longer than it lives.
func attackRemembered(t *testing.T, m *mint) {
	issued := time.Now().Add(-time.Hour)
	a := newArena(t, m, nil)
	accepted := func(left time.Duration) context.Context { // nil if it was too late
		token, err := m.issuer.Issue(clientID, mockcognito.IssueOptions{IssuedAt: issued, Lifetime: time.Since(issued) - leewayOfTokens + left})
		if err != nil {
			t.Fatal(err)
		}
		ctx := a.bearer(t, token)
		if _, err := a.client.GetAccess(ctx, &spillwayv1.GetAccessRequest{}); err != nil {
			return nil
		}
		return ctx
	}
	ctx := accepted(2 * time.Second)
	if ctx == nil { // this machine has much to do
		if ctx = accepted(20 * time.Second); ctx == nil {
			t.Fatal("a token that has not expired is refused")
		}
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
	a.bulk(t)
	token := "Bearer " + a.mint.token(nil, object{"client_id": "deaf", "sub": "deaf", "scope": "spillway/bulk.>"})
	const streams = 10
	bounded(t, func(height func()) {
		const others, before = 2, 2 // the honest ones'; those of attacks before go
		eventually(t, func() bool { return a.server.streams.Load() == before && a.guarded() == others })
		w := a.wire(t)
		for n := 0; n < streams; {
			id, err := w.open(fields(methodSubscribe, "authorization", token))
			if err != nil {
				t.Fatal(err)
			}
			w.send(id, earliest())
			if w.begun(t, id) {
				n++
			}
		}
		eventually(t, func() bool { return a.server.streams.Load() == before+streams })
		eventually(t, func() bool { return a.guarded() == others })
		height()
		a.served(t)
		if n := a.server.streams.Load(); n < before+streams { // served's own may not be over yet
			t.Errorf("the places of streams that are not read are given back: %d are taken, of %d", n, before+streams)
		}
		w.conn.Close()
		eventually(t, func() bool { return a.server.streams.Load() == before })
	})
}
