package gateway

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spillway/spillway/mockcognito"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// attempt subscribes and returns why it was refused; nil if it was not.
func (w *world) attempt(ctx context.Context, req *spillwayv1.SubscribeRequest) error {
	stream, err := w.client.Subscribe(ctx, req)
	if err == nil {
		_, err = stream.Recv()
	}
	return err
}

// wantRetry wants a refusal that says when to try again.
func wantRetry(t *testing.T, err error, says string) {
	t.Helper()
	wantStatus(t, err, codes.ResourceExhausted, says)
	for _, d := range status.Convert(err).Details() {
		if retry, ok := d.(*errdetails.RetryInfo); ok && retry.GetRetryDelay().AsDuration() > 0 {
			return
		}
	}
	t.Errorf("%v has no RetryInfo", err)
}

func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		name   string
		limits Limits
		fine   int // streams that are
		says   string
		others bool // another client may still come
	}{
		{"streams of a client", Limits{ClientStreams: 2}, 2, "this client has 2 streams", true},
		{"streams of an address", Limits{AddressStreams: 2}, 2, "this address has 2 streams", false},
		{"rate of a client", Limits{ClientStreams: Unlimited, ClientStreamRate: 3}, 3, "this client opens more than 3 streams per second", true},
		{"rate of an address", Limits{AddressStreams: Unlimited, AddressStreamRate: 3}, 3, "this address opens more than 3 streams per second", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, func(c *Config) { c.Limits = tt.limits })
			ctx, cancel := context.WithCancel(w.token(t, mockcognito.IssueOptions{}))
			defer cancel()
			other := w.as(t, otherID, "spillway/news.>")
			for i := range tt.fine {
				if err := w.attempt(ctx, &spillwayv1.SubscribeRequest{}); err != nil {
					t.Fatalf("stream %d: %v", i, err)
				}
			}
			wantRetry(t, w.attempt(ctx, &spillwayv1.SubscribeRequest{}), tt.says)
			if err := w.attempt(other, &spillwayv1.SubscribeRequest{}); (err == nil) != tt.others {
				t.Errorf("another client: %v", err)
			}
			cancel() // what was counted in is counted out
			again := w.token(t, mockcognito.IssueOptions{})
			eventually(t, func() bool { return w.attempt(again, &spillwayv1.SubscribeRequest{}) == nil })
		})
	}
}

func TestPatternsLimit(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.Patterns = 1 })
	ctx := w.token(t, mockcognito.IssueOptions{})
	wantStatus(t, w.attempt(ctx, &spillwayv1.SubscribeRequest{Patterns: []string{"news.a", "news.b"}}), codes.InvalidArgument, "patterns: there are 2, at most 1")
	if err := w.attempt(ctx, &spillwayv1.SubscribeRequest{}); err != nil {
		t.Errorf("all grants, which are more: %v", err)
	}
}

// TestFilterLimit: a client's filters cost together, but one that is evaluated once for
// many streams counts once.
func TestFilterLimit(t *testing.T) {
	w := newWorld(t, nil)
	of := func(text string) *spillwayv1.SubscribeRequest { return &spillwayv1.SubscribeRequest{Filter: text} }
	one, err := w.server.filters.compile(`topic == "news.a"`)
	if err != nil {
		t.Fatal(err)
	}
	cost := int(one.Cost())
	w.server.clients.bounds.cost = 2 * cost
	ctx, cancel := context.WithCancel(w.token(t, mockcognito.IssueOptions{}))
	defer cancel()
	for i := range 10 {
		for _, name := range []string{"a", "b"} {
			if err := w.attempt(ctx, of(fmt.Sprintf(`topic == "news.%s"`, name))); err != nil {
				t.Fatalf("%d: %v", i, err)
			}
		}
	}
	wantRetry(t, w.attempt(ctx, of(`topic == "news.c"`)), "filter: this client's filters would cost")
	if err := w.attempt(ctx, of("")); err != nil {
		t.Errorf("without a filter: %v", err)
	}
	if err := w.attempt(w.as(t, otherID, "spillway/news.>"), of(`topic == "news.c"`)); err != nil {
		t.Errorf("another client: %v", err)
	}
	cancel()
	again := w.token(t, mockcognito.IssueOptions{})
	eventually(t, func() bool { return w.attempt(again, of(`topic == "news.c"`)) == nil })
}

// TestFailures: an address with too many calls without a valid token has to wait, but
// for those whose tokens are known.
func TestFailures(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.AddressFailures = 0.5 })
	known := w.token(t, mockcognito.IssueOptions{})
	if _, err := w.client.GetAccess(known, &spillwayv1.GetAccessRequest{}); err != nil {
		t.Fatal(err)
	}
	w.failures(t, 5)
	unknown := w.token(t, mockcognito.IssueOptions{})
	_, err := w.client.GetAccess(unknown, &spillwayv1.GetAccessRequest{})
	wantRetry(t, err, "too many calls without a valid token")
	if _, err := w.client.GetAccess(known, &spillwayv1.GetAccessRequest{}); err != nil {
		t.Errorf("a known token: %v", err)
	}
	w.server.addresses.now = func() time.Time { return time.Now().Add(time.Minute) }
	if _, err := w.client.GetAccess(unknown, &spillwayv1.GetAccessRequest{}); err != nil {
		t.Errorf("after a while: %v", err)
	}
}

// failures makes n calls that have no valid token.
func (w *world) failures(t *testing.T, n int) {
	t.Helper()
	for range n {
		_, err := w.client.GetAccess(withHeader(t.Context(), "Bearer x.y.z"), &spillwayv1.GetAccessRequest{})
		wantStatus(t, err, codes.Unauthenticated, "")
	}
}

// TestFailingConnection: a connection on which nobody has a valid token is ended.
func TestFailingConnection(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.AddressFailures = Unlimited })
	if _, err := w.client.GetAccess(w.token(t, mockcognito.IssueOptions{}), &spillwayv1.GetAccessRequest{}); err != nil {
		t.Fatal(err)
	}
	conn := w.onlyConnection(t)
	w.failures(t, maxFailures-1)
	if _, err := w.client.GetAccess(w.token(t, mockcognito.IssueOptions{}), &spillwayv1.GetAccessRequest{}); err != nil {
		t.Fatal(err)
	}
	w.failures(t, maxFailures-1) // a good one between begins anew
	if w.onlyConnection(t) != conn {
		t.Fatal("the connection was ended too early")
	}
	_, _ = w.client.GetAccess(withHeader(t.Context(), "Bearer x.y.z"), &spillwayv1.GetAccessRequest{})
	eventually(t, func() bool { return w.connection() != conn })
}

func (w *world) connection() *connection {
	w.server.conns.mu.Lock()
	defer w.server.conns.mu.Unlock()
	for _, c := range w.server.conns.open {
		return c
	}
	return nil
}

func (w *world) onlyConnection(t *testing.T) *connection {
	t.Helper()
	c := w.connection()
	if c == nil {
		t.Fatal("no connection")
	}
	return c
}

// TestStrangers: a connection without a call that has a valid token is not kept.
func TestStrangers(t *testing.T) {
	w := newWorld(t, nil)
	w.failures(t, 1)
	stranger := w.onlyConnection(t)
	w.server.conns.sweep(time.Now().Add(knownTimeout - time.Second))
	if w.connection() != stranger {
		t.Error("it is ended too early")
	}
	w.server.conns.sweep(time.Now().Add(knownTimeout + time.Second))
	eventually(t, func() bool { return w.connection() != stranger })
	eventually(t, func() bool { // what it counted for is given back
		w.server.conns.mu.Lock()
		defer w.server.conns.mu.Unlock()
		return w.server.conns.count <= 1
	})
	again := w.token(t, mockcognito.IssueOptions{})
	eventually(t, func() bool { return w.attempt(again, &spillwayv1.SubscribeRequest{}) == nil })
	known := w.onlyConnection(t)
	w.server.conns.sweep(time.Now().Add(time.Hour))
	if w.connection() != known {
		t.Error("a known one is ended")
	}
}

func TestAddressOf(t *testing.T) {
	for _, tt := range []struct{ addr, want string }{
		{"192.0.2.1:443", "192.0.2.1"},
		{"[2001:db8:1:2:3:4:5:6]:443", "2001:db8:1:2::"},
		{"[2001:db8:1:2::9]:1", "2001:db8:1:2::"},
		{"[::ffff:192.0.2.1]:443", "192.0.2.1"},
		{"[fe80::1%eth0]:443", "fe80::"},
		{"bufconn", "bufconn"},
	} {
		if got := addressOf(textAddr(tt.addr)); got != tt.want {
			t.Errorf("addressOf(%s) = %s, want %s", tt.addr, got, tt.want)
		}
	}
}

type textAddr string

func (textAddr) Network() string  { return "tcp" }
func (a textAddr) String() string { return string(a) }

var _ net.Addr = textAddr("")

// TestMetersAreBounded: what is remembered of those who have left has a limit, and what
// somebody has open is not forgotten for it.
func TestMetersAreBounded(t *testing.T) {
	m := newMeters(bounds{who: "x", streams: 1, rate: 1000, cost: Unlimited, connections: 1, failures: 1})
	if err := m.open("here", filtered{}); err != nil {
		t.Fatal(err)
	}
	for i := range 2 * maxIdleMeters {
		m.failed(fmt.Sprint(i))
	}
	if n := len(m.busy) + m.idle.Len(); n > maxIdleMeters+1 {
		t.Errorf("%d meters", n)
	}
	if err := m.open("here", filtered{}); err == nil {
		t.Error("the stream was forgotten")
	}
	m.close("here", filtered{})
	if err := m.open("here", filtered{}); err != nil {
		t.Error(err)
	}
}
