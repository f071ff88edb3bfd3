package gateway

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/spillway/spillway/mockcognito"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

const otherID = "9z8y7x6w5v4u3t2s1r0q9p8o7n"

// as returns a context with a token that another client could have.
func (w *world) as(t *testing.T, client, scope string) context.Context {
	t.Helper()
	return w.token(t, mockcognito.IssueOptions{Claims: map[string]any{"client_id": client, "sub": client, "scope": scope}})
}

// open subscribes and returns the stream with what the first response says.
func (w *world) open(t *testing.T, ctx context.Context, req *spillwayv1.SubscribeRequest) (*reader, *spillwayv1.Subscribed) {
	t.Helper()
	stream, err := w.client.Subscribe(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{stream, &spillwayv1.Cursor{}}
	return r, r.recv(t).GetSubscribed()
}

func (w *world) renew(ctx context.Context, id string) (*spillwayv1.RenewResponse, error) {
	return w.client.Renew(ctx, &spillwayv1.RenewRequest{StreamId: id})
}

// TestRenew: a stream lives as long as the token that it was renewed with.
func TestRenew(t *testing.T) {
	synctest.Test(t, testRenew)
}

func testRenew(t *testing.T) {
	w, _, _ := newBubble(t)
	r, first := w.open(t, w.token(t, mockcognito.IssueOptions{Lifetime: 2 * time.Second}), &spillwayv1.SubscribeRequest{Patterns: []string{"news.>"}})
	if first.GetStreamId() == "" || time.Until(first.GetTokenExpiresAt().AsTime()) > 2*time.Second {
		t.Fatalf("subscribed %v", first)
	}
	got, err := w.renew(w.token(t, mockcognito.IssueOptions{Lifetime: 5 * time.Second}), first.GetStreamId())
	if err != nil {
		t.Fatal(err)
	}
	until := got.GetTokenExpiresAt().AsTime()
	if left := time.Until(until); left < 3*time.Second || left > 5*time.Second {
		t.Errorf("it lives for %s, want what the token has", left)
	}
	// A token that ends earlier takes nothing away.
	if got, err := w.renew(w.token(t, mockcognito.IssueOptions{Lifetime: time.Second}), first.GetStreamId()); err != nil || !got.GetTokenExpiresAt().AsTime().Equal(until) {
		t.Errorf("an earlier end: %v, %v", got, err)
	}
	wantStatus(t, r.end(t).Err(), codes.Unauthenticated, "the token expired at "+until.Format(time.RFC3339))
	if late := time.Since(until); late < 0 || late > time.Second {
		t.Errorf("it ended %s after its token", late)
	}
	_, err = w.renew(w.token(t, mockcognito.IssueOptions{}), first.GetStreamId())
	wantStatus(t, err, codes.NotFound, "no such stream")
}

func TestRenewRefuses(t *testing.T) {
	w := newWorld(t, nil)
	_, first := w.open(t, w.token(t, mockcognito.IssueOptions{}), &spillwayv1.SubscribeRequest{Patterns: []string{"news.>", "weather.us.ny"}})
	const own = "spillway/news.> spillway/weather.us.*"
	for _, tt := range []struct {
		name string
		ctx  context.Context
		id   string
		code codes.Code
		says string
	}{
		{"no token", t.Context(), first.GetStreamId(), codes.Unauthenticated, "no token"},
		{"another client", w.as(t, otherID, own), first.GetStreamId(), codes.NotFound, "no such stream"},
		{"no such stream", w.token(t, mockcognito.IssueOptions{}), "x", codes.NotFound, "no such stream"},
		{"no stream", w.token(t, mockcognito.IssueOptions{}), "", codes.NotFound, "no such stream"},
		{"grants less", w.as(t, clientID, "spillway/news.>"), first.GetStreamId(), codes.PermissionDenied, `"weather.us.ny"`},
		{"grants nothing", w.as(t, clientID, ""), first.GetStreamId(), codes.PermissionDenied, "grants nothing"},
		{"grants narrower", w.as(t, clientID, "spillway/news.* spillway/weather.us.ny"), first.GetStreamId(), codes.PermissionDenied, `"news.>"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.renew(tt.ctx, tt.id)
			wantStatus(t, err, tt.code, tt.says)
		})
	}
	if _, err := w.renew(w.as(t, clientID, "spillway/>"), first.GetStreamId()); err != nil {
		t.Errorf("a token that grants more: %v", err)
	}
}

// TestRenewWhileSending: a renewed stream that does not read lives on, and one that was
// not renewed ends, also in the midst of sending.
func TestRenewWhileSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, log, _ := newBubble(t)
		short := w.token(t, mockcognito.IssueOptions{Lifetime: 2 * time.Second})
		req := &spillwayv1.SubscribeRequest{Patterns: []string{"news.>"}}
		kept, first := w.open(t, short, req)
		w.open(t, short, req)
		if _, err := w.renew(w.token(t, mockcognito.IssueOptions{}), first.GetStreamId()); err != nil {
			t.Fatal(err)
		}
		log.fill() // neither reads
		eventually(t, func() bool { return w.guarded() == 1 })
		if got := len(kept.topicsOnly(t, 8)); got != 8 {
			t.Errorf("the renewed stream had %d events", got)
		}
	})
}

// topicsOnly reads until n events have come, whatever they hold.
func (r *reader) topicsOnly(t *testing.T, n int) []string {
	t.Helper()
	var got []string
	for len(got) < n {
		for _, e := range r.recv(t).GetEvents().GetEvents() {
			got = append(got, e.Topic)
		}
	}
	return got
}

// withHeader adds an authorization header.
func withHeader(ctx context.Context, value string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", value)
}
