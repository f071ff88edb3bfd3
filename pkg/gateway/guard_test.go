package gateway

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/spillway/spillway/mockcognito"
	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// putLarge appends one event with so many bytes of data.
func (w *world) putLarge(t *testing.T, name string, bytes int) {
	t.Helper()
	w.seq++
	e := &event.Event{Shard: "shardId-000000000000", SequenceNumber: strings.Repeat("1", w.seq), Topic: name, Data: make([]byte, bytes)}
	if _, err := w.log.Append(t.Context(), "shardId-000000000000", []eventlog.Item{{Topic: name, Sequence: e.SequenceNumber, Bytes: event.Append(nil, e)}}); err != nil {
		t.Fatal(err)
	}
}

// fill puts more than a connection and its buffers hold.
func (w *world) fill(t *testing.T) {
	t.Helper()
	for range 8 {
		w.putLarge(t, "news.a", 1<<20)
	}
}

// guarded returns how many handlers are at work.
func (w *world) guarded() int {
	w.server.guard.mu.Lock()
	defer w.server.guard.mu.Unlock()
	return len(w.server.guard.pumps)
}

// TestStalledStreamsKeepTheirPlaces: what a stalled stream holds in the transport
// counts until its connection ends.
func TestStalledStreamsKeepTheirPlaces(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.StallTimeout, c.MaxStreams = 100*time.Millisecond, 2 })
	ctx := w.token(t, mockcognito.IssueOptions{})
	w.fill(t)
	earliest := &spillwayv1.SubscribeRequest{Start: &spillwayv1.SubscribeRequest_Origin{Origin: spillwayv1.Origin_ORIGIN_EARLIEST}}
	for range 2 {
		w.subscribe(t, ctx, earliest)
	}
	eventually(t, func() bool { return w.guarded() == 0 })
	stream, err := w.client.Subscribe(ctx, earliest)
	if err == nil {
		_, err = stream.Recv()
	}
	wantStatus(t, err, codes.ResourceExhausted, "has 2 streams")
	w.conn.Close()
	eventually(t, func() bool { return w.server.streams.Load() == 0 })
}

// TestDrainWithoutStreams: a server without streams takes those that a load balancer
// sends in the window.
func TestDrainWithoutStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _, _ := newBubbleOf(t, func(c *Config) { c.DrainWindow = time.Second })
		stopped := make(chan error, 1)
		go func() { stopped <- w.stop() }()
		eventually(t, func() bool { return w.server.Ready() != nil })
		late := w.subscribe(t, w.token(t, mockcognito.IssueOptions{}), &spillwayv1.SubscribeRequest{})
		wantStatus(t, late.end(t).Err(), codes.Unavailable, "stopping")
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
}

func TestCoarse(t *testing.T) {
	for n, want := range map[uint32]int{1024: 1024, 1279: 1024, 1280: 1280, 2047: 1792, 1 << 31: 1 << 31, 1<<32 - 1: 7 << 29} {
		if got := coarse(n); got != want {
			t.Errorf("coarse(%d) = %d, want %d", n, got, want)
		}
	}
}

// TestStalledSubscriber: a subscriber that takes nothing is told so when it reads on,
// and resumes with nothing lost.
func TestStalledSubscriber(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.StallTimeout = 50 * time.Millisecond })
	ctx := w.token(t, mockcognito.IssueOptions{})
	req := &spillwayv1.SubscribeRequest{Patterns: []string{"news.>"}}
	r := w.subscribe(t, ctx, req)
	w.fill(t)
	eventually(t, func() bool { return w.guarded() == 0 }) // the handler has ended
	got, aborted := 0, 0
	for got < 8 {
		resp, err := r.stream.Recv()
		if err == nil {
			got += len(resp.GetEvents().GetEvents())
			r.merge(resp)
			continue
		}
		wantStatus(t, err, codes.Aborted, "took nothing for 50ms")
		aborted++ // more than once where this test itself is held up
		req.Start = &spillwayv1.SubscribeRequest_Cursor{Cursor: r.cursor}
		if r.stream, err = w.client.Subscribe(ctx, req); err != nil || t.Failed() {
			t.Fatal(err)
		}
	}
	if got != 8 || aborted == 0 {
		t.Errorf("%d events, aborted %d times", got, aborted)
	}
}

// TestExpiredWhileStalled: the end of a token ends a stream whose subscriber does not
// read, too.
func TestExpiredWhileStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, log, _ := newBubble(t)
		r := w.subscribe(t, w.token(t, mockcognito.IssueOptions{Lifetime: 2 * time.Second}), &spillwayv1.SubscribeRequest{Patterns: []string{"news.>"}})
		log.fill()
		eventually(t, func() bool { return w.guarded() == 0 })
		wantStatus(t, r.end(t).Err(), codes.Unauthenticated, "the token expired at")
	})
}

// TestStreamAge: an old stream is asked to come back.
func TestStreamAge(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.StreamAge = 50 * time.Millisecond })
	r := w.subscribe(t, w.token(t, mockcognito.IssueOptions{}), &spillwayv1.SubscribeRequest{})
	if resp := r.recv(t); resp.GetDrain().GetReconnectAfter() == nil {
		t.Errorf("got %v, want drain", resp)
	}
	wantStatus(t, r.end(t).Err(), codes.Unavailable, "the stream is old")
}

// TestDrainTakesStreams: a server that drains takes streams that a load balancer
// still sends, and drains them with the others.
func TestDrainTakesStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, log, _ := newBubbleOf(t, func(c *Config) { c.DrainWindow = time.Second })
		ctx := w.token(t, mockcognito.IssueOptions{})
		w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{})
		stopped := make(chan error, 1)
		go func() { stopped <- w.stop() }()
		eventually(t, func() bool { return w.server.Ready() != nil })
		late := w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{Patterns: []string{"news.>"}})
		log.append("news.a")
		wantStatus(t, late.end(t).Err(), codes.Unavailable, "stopping")
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
}

// TestForeignCursor: what another client's stream was sent is no position here.
func TestForeignCursor(t *testing.T) {
	w := newWorld(t, nil)
	ctx := w.token(t, mockcognito.IssueOptions{})
	r := w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{})
	w.put(t, "news.a")
	r.topics(t, 1)
	start := &spillwayv1.SubscribeRequest_Cursor{Cursor: r.cursor}
	other := w.token(t, mockcognito.IssueOptions{Claims: map[string]any{"client_id": "another", "sub": "another"}})
	for name, ctx := range map[string]struct {
		c   *spillwayv1.Cursor
		own bool
	}{"own": {r.cursor, true}, "another client's": {r.cursor, false}, "changed": {&spillwayv1.Cursor{Base: append([]byte{2}, r.cursor.Base...)}, true}} {
		caller := other
		if ctx.own {
			caller = w.token(t, mockcognito.IssueOptions{})
		}
		start.Cursor = ctx.c
		stream, err := w.client.Subscribe(caller, &spillwayv1.SubscribeRequest{Start: start})
		if err == nil {
			_, err = stream.Recv()
		}
		if name == "own" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		wantStatus(t, err, codes.InvalidArgument, "cursor: ")
	}
}

// TestMaxEventBytes: a larger event is told in its place.
func TestMaxEventBytes(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxEventBytes = 4000 })
	ctx := w.token(t, mockcognito.IssueOptions{})
	limited := w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{Limits: &spillwayv1.Limits{MaxEventBytes: 1100}})
	capped := w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{Limits: &spillwayv1.Limits{MaxEventBytes: 1 << 30}})
	for _, size := range []int{10, 2000, 5000, 20} {
		w.putLarge(t, "news.a", size)
	}
	for _, tt := range []struct {
		r    *reader
		want string
	}{{limited, "10 gap(1) gap(1) 20"}, {capped, "10 2000 gap(1) 20"}} {
		var got []string
		for len(got) < 4 {
			resp := tt.r.recv(t)
			if g := resp.GetGap(); g != nil {
				if g.Reason != spillwayv1.GapReason_GAP_REASON_OVERSIZE {
					t.Errorf("gap %v", g)
				}
				got = append(got, fmt.Sprintf("gap(%d)", g.Events))
			}
			for _, e := range resp.GetEvents().GetEvents() {
				got = append(got, fmt.Sprint(len(e.Data)))
			}
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("got %s, want %s", text, tt.want)
		}
	}
}
