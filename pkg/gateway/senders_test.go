package gateway

import (
	"runtime"
	"testing"

	"github.com/spillway/spillway/mockcognito"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// TestSlowSubscribersDelayNobody: more subscribers that do not read than there are senders
// keep nobody from getting what comes, and get it all when they read on.
func TestSlowSubscribersDelayNobody(t *testing.T) {
	w := newWorld(t, nil)
	ctx := w.token(t, mockcognito.IssueOptions{})
	var slow []*reader
	for range 3 * runtime.GOMAXPROCS(0) {
		slow = append(slow, w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{Patterns: []string{"news.>"}}))
	}
	quick := w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{Patterns: []string{"weather.us.*"}})
	w.fill(t)
	for range 3 { // each finds what the last one has left behind
		w.put(t, "weather.us.ny", "weather.us.pa")
		quick.topics(t, 2)
	}
	if n := w.blocked(); n != len(slow) {
		t.Errorf("%d streams wait for their subscribers, want %d: the test shows nothing", n, len(slow))
	}
	for _, r := range slow {
		for got := 0; got < 8; {
			got += len(r.recv(t).GetEvents().GetEvents())
		}
	}
	q := w.server.senders
	eventually(t, func() bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		return len(q.all) == runtime.GOMAXPROCS(0) && q.idle == len(q.all)
	})
}

// blocked is how many streams are sending.
func (w *world) blocked() (n int) {
	for _, p := range w.server.guard.streams() {
		if p.sending.Load() != 0 {
			n++
		}
	}
	return n
}
