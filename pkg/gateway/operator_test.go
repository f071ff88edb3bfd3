package gateway

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"

	"github.com/spillway/spillway/mockcognito"
	"github.com/spillway/spillway/pkg/topic"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// decision is a policy that tests change.
type decision struct {
	mu      sync.Mutex
	deny    map[string]bool
	filters map[string][]string // by grant
	changed chan struct{}
}

func newDecision() *decision {
	return &decision{deny: map[string]bool{}, filters: map[string][]string{}, changed: make(chan struct{})}
}

func (d *decision) change(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
	close(d.changed)
	d.changed = make(chan struct{})
}

func (d *decision) Check(id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.deny[id] {
		return errors.New("the operator has shut this client out")
	}
	return nil
}

func (d *decision) Filters(_ string, g topic.Pattern) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.filters[g.String()]
}

func (d *decision) Changed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.changed
}

// TestDeny: a client on the deny list is put out, and not let in again.
func TestDeny(t *testing.T) {
	d := newDecision()
	w := newWorld(t, func(c *Config) { c.Policy = d })
	ctx := w.token(t, mockcognito.IssueOptions{})
	r, first := w.open(t, ctx, &spillwayv1.SubscribeRequest{})
	other := w.subscribe(t, w.as(t, otherID, "spillway/news.>"), &spillwayv1.SubscribeRequest{})
	d.change(func() { d.deny[clientID] = true })
	wantStatus(t, r.end(t).Err(), codes.PermissionDenied, "shut this client out")
	if len(r.cursor.GetBase()) == 0 {
		t.Error("no cursor before the end")
	}
	_, err := w.client.GetAccess(ctx, &spillwayv1.GetAccessRequest{})
	wantStatus(t, err, codes.PermissionDenied, "shut this client out")
	_, err = w.renew(ctx, first.GetStreamId())
	wantStatus(t, err, codes.PermissionDenied, "shut this client out")
	w.put(t, "news.a")
	if got := other.topics(t, 1); got[0] != "news.a" {
		t.Errorf("the other client got %v", got)
	}
	d.change(func() { d.deny[clientID] = false })
	w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{})
}

// TestDenyWhileStalled: one that does not read is put out, too.
func TestDenyWhileStalled(t *testing.T) {
	d := newDecision()
	w := newWorld(t, func(c *Config) { c.Policy = d })
	r := w.subscribe(t, w.token(t, mockcognito.IssueOptions{}), &spillwayv1.SubscribeRequest{})
	w.fill(t)
	d.change(func() { d.deny[clientID] = true })
	eventually(t, func() bool { return w.guarded() == 0 })
	wantStatus(t, r.end(t).Err(), codes.PermissionDenied, "shut this client out")
}

// TestDisconnect: tokens that were taken back end their streams and open no others; a
// newer one does.
func TestDisconnect(t *testing.T) {
	w := newWorld(t, nil)
	old := w.token(t, mockcognito.IssueOptions{IssuedAt: time.Now().Add(-time.Minute)})
	r, first := w.open(t, old, &spillwayv1.SubscribeRequest{})
	other := w.subscribe(t, w.as(t, otherID, "spillway/news.>"), &spillwayv1.SubscribeRequest{})
	if _, err := w.log.Revoke(t.Context(), clientID); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	st := r.end(t)
	wantStatus(t, st.Err(), codes.Unauthenticated, "the operator has taken back the tokens")
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
	if details := st.Details(); len(details) != 1 || details[0].(*errdetails.RetryInfo).GetRetryDelay().AsDuration() < time.Second {
		t.Errorf("details %v, want RetryInfo of a second at least", details)
	}
	_, err := w.client.GetAccess(old, &spillwayv1.GetAccessRequest{})
	wantStatus(t, err, codes.Unauthenticated, "taken back")
	_, err = w.renew(old, first.GetStreamId())
	wantStatus(t, err, codes.Unauthenticated, "taken back")
	w.redis.FlushAll() // known is known
	_, err = w.client.GetAccess(old, &spillwayv1.GetAccessRequest{})
	wantStatus(t, err, codes.Unauthenticated, "taken back")
	if _, err := w.client.GetAccess(w.token(t, mockcognito.IssueOptions{IssuedAt: time.Now().Add(2 * time.Second)}), &spillwayv1.GetAccessRequest{}); err != nil {
		t.Errorf("a newer token: %v", err)
	}
	w.put(t, "news.a")
	if got := other.topics(t, 1); got[0] != "news.a" {
		t.Errorf("the other client got %v", got)
	}
}

// unread are revocations that cannot be read.
type unread struct{}

func (unread) Revocations(context.Context) (map[string]time.Time, error) {
	return nil, errors.New("away")
}

// TestRevocationsUnknown: nobody is let in before it is known who is not to be.
func TestRevocationsUnknown(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Revocations = unread{} })
	stream, err := w.client.Subscribe(w.token(t, mockcognito.IssueOptions{}), &spillwayv1.SubscribeRequest{})
	if err == nil {
		_, err = stream.Recv()
	}
	wantStatus(t, err, codes.Unavailable, "event log")
	if w.server.Ready() == nil {
		t.Error("the server says that it is ready")
	}
}

func TestRevokedIsForgotten(t *testing.T) {
	var r revoked
	now := time.Now()
	for i, tt := range []struct {
		read map[string]time.Time
		news bool
		know int
	}{
		{nil, false, 0},
		{map[string]time.Time{"a": now, "b": now.Add(-revocationLife - time.Second)}, true, 1},
		{map[string]time.Time{"a": now}, false, 1},
		{map[string]time.Time{"a": now.Add(-time.Hour), "c": now}, true, 2},
		{nil, false, 2},
	} {
		if got := r.add(tt.read, now); got != tt.news || len(*r.Load()) != tt.know {
			t.Errorf("%d: news %t, known %v", i, got, *r.Load())
		}
	}
	if until := (*r.Load())["a"]; !until.Equal(now) {
		t.Errorf("a revocation went back to %s", until)
	}
}

// TestGrantFilters: what the operator attaches to a grant narrows it, whatever the
// customer asks for, and from the moment that it is attached.
func TestGrantFilters(t *testing.T) {
	d := newDecision()
	d.filters["news.>"] = []string{`topic != "news.secret"`, `size < 100`}
	w := newWorld(t, func(c *Config) { c.Policy = d })
	ctx := w.token(t, mockcognito.IssueOptions{})
	var readers []*reader
	for _, req := range []*spillwayv1.SubscribeRequest{
		{}, {Patterns: []string{"news.>"}}, {Patterns: []string{"news.secret", "news.a"}}, {Patterns: []string{"news.*"}, Filter: "true || size > 0"},
	} {
		readers = append(readers, w.subscribe(t, ctx, req))
	}
	w.put(t, "news.secret", "news.a")
	for i, r := range readers {
		if got := r.topics(t, 1); got[0] != "news.a" {
			t.Errorf("%d: got %v", i, got)
		}
	}
	access, err := w.client.GetAccess(ctx, &spillwayv1.GetAccessRequest{})
	if err != nil || access.GetGrantFilters()["news.>"] == "" || len(access.GetGrantFilters()) != 1 {
		t.Errorf("access %v, %v", access, err)
	}
	weather := w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{Patterns: []string{"weather.us.*"}})
	d.change(func() { d.filters["news.>"] = []string{"false"} })
	for _, r := range readers {
		wantStatus(t, r.end(t).Err(), codes.Unavailable, "what the operator lets this client read has changed")
	}
	narrowed := w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{})
	w.put(t, "news.a", "weather.us.ny")
	for _, r := range []*reader{narrowed, weather} {
		if got := r.topics(t, 1); got[0] != "weather.us.ny" {
			t.Errorf("got %v", got)
		}
	}
}

// TestFilter: a subscriber's own filter.
func TestFilter(t *testing.T) {
	w := newWorld(t, nil)
	ctx := w.token(t, mockcognito.IssueOptions{})
	w.put(t, "news.a", "news.b", "news.c")
	r := w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{Filter: `topic in ["news.b", "news.d"]`, Start: &spillwayv1.SubscribeRequest_Origin{Origin: spillwayv1.Origin_ORIGIN_EARLIEST}})
	if got := r.topics(t, 1); got[0] != "news.b" {
		t.Errorf("from the log: %v", got)
	}
	w.put(t, "news.a", "news.d")
	if got := r.topics(t, 1); got[0] != "news.d" {
		t.Errorf("live: %v", got)
	}
}
