package gateway

import (
	"context"
	"errors"
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

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
	eventually(t, func() bool { return w.blocked() == len(slow) }) // else the test shows nothing
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

// TestManySlowAtOnce: many subscribers that stop reading at the same moment delay the
// others hardly more than one does, and the senders that they took are gone after that.
func TestManySlowAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, log, _ := newBubble(t, grpc.WithInitialWindowSize(1<<16), grpc.WithInitialConnWindowSize(1<<28))
		ctx := w.token(t, mockcognito.IssueOptions{})
		quick := w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{Patterns: []string{"weather.us.*"}})
		const slow = 90
		for range slow {
			w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{Patterns: []string{"news.>"}})
		}
		log.appendLarge("news.a", 1<<20) // more than a window and what a stream may have waiting
		time.Sleep(time.Second)
		log.append("news.a")
		time.Sleep(stuckAfter + time.Millisecond)
		synctest.Wait()
		begin := time.Now()
		log.append("weather.us.ny")
		quick.topics(t, 1)
		if took := time.Since(begin); took > 10*stuckAfter {
			t.Errorf("a quick subscriber was kept waiting for %s", took)
		}
		synctest.Wait()
		if n := w.blocked(); n != slow {
			t.Errorf("%d streams wait for their subscribers, want %d: the test shows nothing", n, slow)
		}
		time.Sleep(2 * stuckAfter)
		q := w.server.senders
		q.mu.Lock()
		defer q.mu.Unlock()
		if n := len(q.all); n != q.few || q.idle != n {
			t.Errorf("%d senders are left, of which %d wait, want %d", n, q.idle, q.few)
		}
	})
}

// TestListenerBreaks: Serve returns when its listener breaks, though a subscriber does not
// read what is being sent to it.
func TestListenerBreaks(t *testing.T) {
	lis := fragileListener{bufconn.Listen(1 << 20)}
	w := newWorldOn(t, lis, nil, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
	w.subscribe(t, w.token(t, mockcognito.IssueOptions{}), &spillwayv1.SubscribeRequest{Patterns: []string{"news.>"}})
	w.fill(t)
	eventually(t, func() bool { return w.blocked() == 1 })
	lis.Close()
	if err := w.await(); !errors.Is(err, errListener) {
		t.Errorf("Serve returned %v, want what the listener returned", err)
	}
	if n := w.guarded(); n != 0 {
		t.Errorf("%d handlers are left", n)
	}
}

var errListener = errors.New("the listener is broken")

// fragileListener is one that breaks when it is closed.
type fragileListener struct{ *bufconn.Listener }

// Accept implements net.Listener.
func (l fragileListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, errListener
	}
	return conn, nil
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
