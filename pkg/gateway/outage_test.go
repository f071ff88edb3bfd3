package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/spillway/spillway/mockcognito"
	"github.com/spillway/spillway/pkg/authn"
	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/fanout"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// TestIssuerDown: while the token issuer is down, streams live until their tokens end, and
// new ones come in by keys that are known, for however long it takes.
func TestIssuerDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, log, issuer := newBubble(t)
		start := time.Now().Truncate(time.Second) // as times of tokens are
		lasting := w.subscribe(t, w.token(t, mockcognito.IssueOptions{Lifetime: 15 * time.Minute}), &spillwayv1.SubscribeRequest{})
		ending := w.subscribe(t, w.token(t, mockcognito.IssueOptions{Lifetime: 5 * time.Minute}), &spillwayv1.SubscribeRequest{})
		before := w.token(t, mockcognito.IssueOptions{}) // and not shown to the gateway yet
		issuer.down.Store(true)
		wantEnd(t, ending, start.Add(5*time.Minute))

		time.Sleep(time.Until(start.Add(10 * time.Minute))) // of the bubble
		late := w.subscribe(t, before, &spillwayv1.SubscribeRequest{})
		log.append("news.a")
		for _, r := range []*reader{lasting, late} {
			if got := r.topics(t, 1); got[0] != "news.a" {
				t.Errorf("after 10 minutes: %v", got)
			}
		}
		wantEnd(t, lasting, start.Add(15*time.Minute))

		old := w.token(t, mockcognito.IssueOptions{Lifetime: 24 * time.Hour})
		if err := w.issuer.RotateKeys(w.issuer.Pools()[0].ID); err != nil {
			t.Fatal(err)
		}
		renewed := w.token(t, mockcognito.IssueOptions{Lifetime: 24 * time.Hour})
		wantStatus(t, w.attempt(renewed, &spillwayv1.SubscribeRequest{}), codes.Unavailable, "tokens cannot be verified now")
		time.Sleep(2 * time.Hour) // the key set is old by now
		w.subscribe(t, old, &spillwayv1.SubscribeRequest{})

		issuer.down.Store(false)
		time.Sleep(time.Minute) // it is not asked more often than every 10 s
		w.subscribe(t, renewed, &spillwayv1.SubscribeRequest{})
	})
}

// wantEnd wants a stream to end for its token, within a second of that.
func wantEnd(t *testing.T, r *reader, at time.Time) {
	t.Helper()
	wantStatus(t, r.end(t).Err(), codes.Unauthenticated, "the token expired at")
	if late := time.Since(at); late < 0 || late > time.Second {
		t.Errorf("it ended %s after its token, want 0s to 1s", late)
	}
}

// newBubble returns a world that touches neither the network nor a disk, so that time can
// be a bubble's; its log and its issuer, as the gateway sees them. opts are its client's.
func newBubble(t *testing.T, opts ...grpc.DialOption) (*world, *memoryLog, *fragile) {
	t.Helper()
	return newBubbleOf(t, nil, opts...)
}

// newBubbleOf is a bubble whose gateway is configured by edit.
func newBubbleOf(t *testing.T, edit func(*Config), opts ...grpc.DialOption) (*world, *memoryLog, *fragile) {
	t.Helper()
	w := &world{issuer: newIssuer(t, "")}
	pool := w.issuer.Pools()[0]
	issuer := &fragile{handler: w.issuer}
	verifier, err := authn.New(authn.Config{
		Issuer: pool.Issuer, KeySetURL: "https://issuer.invalid/" + pool.ID + "/.well-known/jwks.json", ResourceServers: []string{"spillway"},
		Client: &http.Client{Transport: issuer}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	log := &memoryLog{}
	hub := fanout.NewHub(log, fanout.Config{})
	cfg := Config{Hub: hub, Verifier: verifier, StreamAge: 24 * time.Hour}
	if edit != nil {
		edit(&cfg)
	}
	w.server = New(cfg)
	lis := bufconn.Listen(1 << 20)
	w.run(t, hub, lis, append(opts,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }),
	))
	return w, log, issuer
}

// fragile carries requests to an issuer without a network, unless it is down.
type fragile struct {
	handler http.Handler
	down    atomic.Bool
}

// RoundTrip implements http.RoundTripper.
func (f *fragile) RoundTrip(req *http.Request) (*http.Response, error) {
	if f.down.Load() {
		return nil, errors.New("connection refused")
	}
	answer := httptest.NewRecorder()
	req = req.Clone(req.Context())
	req.Body, req.RequestURI = io.NopCloser(bytes.NewReader(nil)), req.URL.Path
	f.handler.ServeHTTP(answer, req)
	return answer.Result(), nil
}

// memoryLog is a log of one lane in memory, which never fails.
type memoryLog struct {
	mu      sync.Mutex // guards what follows
	entries []eventlog.Entry
	notify  func(lane int)
}

var memoryEpoch = eventlog.Epoch{ID: "0000000000000001", Lanes: 1, Retention: 24 * time.Hour}

// append appends an event with a topic.
func (l *memoryLog) append(name string) { l.appendData(name, []byte(name)) }

// appendLarge appends one with so many bytes of data.
func (l *memoryLog) appendLarge(name string, bytes int) { l.appendData(name, make([]byte, bytes)) }

func (l *memoryLog) appendData(name string, data []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := &event.Event{Shard: "shardId-000000000000", SequenceNumber: "1", Topic: name, PartitionKey: "k", Data: data}
	l.entries = append(l.entries, eventlog.Entry{
		ID: eventlog.ID{MS: uint64(time.Now().UnixMilli()), Seq: uint64(len(l.entries))}, Prev: l.head(), Data: event.Append(nil, e),
	})
	if l.notify != nil {
		l.notify(0)
	}
}

func (l *memoryLog) head() eventlog.ID {
	if len(l.entries) == 0 {
		return eventlog.ID{}
	}
	return l.entries[len(l.entries)-1].ID
}

// fill appends more than a connection and its buffers hold.
func (l *memoryLog) fill() {
	for range 8 {
		l.appendLarge("news.a", 1<<20)
	}
}

// State implements fanout.Log.
func (l *memoryLog) State(context.Context) (eventlog.State, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return eventlog.State{Epoch: memoryEpoch, Lanes: []eventlog.LaneState{{Head: l.head()}}}, nil
}

// Read implements fanout.Log.
func (l *memoryLog) Read(_ context.Context, _ string, queries []eventlog.Query) []eventlog.Page {
	l.mu.Lock()
	defer l.mu.Unlock()
	pages := make([]eventlog.Page, len(queries))
	for i, q := range queries {
		for _, e := range l.entries {
			if e.ID.Compare(q.After) > 0 && len(pages[i].Entries) < q.Count {
				pages[i].Entries = append(pages[i].Entries, e)
			}
		}
		pages[i].More = len(pages[i].Entries) == q.Count
	}
	return pages
}

// ReportLoss implements fanout.Log.
func (*memoryLog) ReportLoss(context.Context, string, int, eventlog.ID) error { return nil }

// Notices implements fanout.Log.
func (l *memoryLog) Notices(ctx context.Context, _ int, notify func(lane int)) error {
	l.mu.Lock()
	l.notify = notify
	l.mu.Unlock()
	<-ctx.Done()
	return ctx.Err()
}
