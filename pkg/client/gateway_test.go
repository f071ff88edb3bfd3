package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// sender is the server's side of a Subscribe.
type sender = grpc.ServerStreamingServer[spillwayv1.SubscribeResponse]

// subscribeFunc serves the nth Subscribe, from 1.
type subscribeFunc func(n int, req *spillwayv1.SubscribeRequest, out sender) error

// gateway is a StreamService in memory that answers as a test scripts it, and
// knows which tokens are valid.
type gateway struct {
	spillwayv1.UnimplementedStreamServiceServer
	listener  *bufconn.Listener
	subscribe subscribeFunc
	access    func(n int) (*spillwayv1.GetAccessResponse, error)
	renew     func(ctx context.Context, id string) (*spillwayv1.RenewResponse, error) // nil: it is of before Renew
	issuer    func(asked int) int                                                     // the status of the nth token request; nil: always 200
	lifetime  time.Duration                                                           // of tokens
	dials     atomic.Int32

	mu       sync.Mutex // guards what follows
	calls    int
	requests []*spillwayv1.SubscribeRequest
	asked    int
	issued   int
	ends     []time.Time // of tokens
	revoked  map[string]bool
}

// newGateway serves for as long as the test runs.
func newGateway(t *testing.T, subscribe subscribeFunc) *gateway {
	t.Helper()
	g := &gateway{listener: bufconn.Listen(1 << 20), subscribe: subscribe, lifetime: time.Hour, revoked: make(map[string]bool)}
	server := grpc.NewServer(grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 30 * time.Second})) // as the gateway has it
	spillwayv1.RegisterStreamServiceServer(server, g)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := server.Serve(g.listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(func() {
		server.Stop()
		wg.Wait()
	})
	return g
}

func (g *gateway) Subscribe(req *spillwayv1.SubscribeRequest, out sender) error {
	g.mu.Lock()
	g.calls++
	n := g.calls
	g.requests = append(g.requests, req)
	g.mu.Unlock()
	if err := g.authenticate(out.Context()); err != nil {
		return err
	}
	return g.subscribe(n, req, out)
}

func (g *gateway) GetAccess(ctx context.Context, _ *spillwayv1.GetAccessRequest) (*spillwayv1.GetAccessResponse, error) {
	g.mu.Lock()
	g.calls++
	n := g.calls
	g.mu.Unlock()
	if err := g.authenticate(ctx); err != nil {
		return nil, err
	}
	return g.access(n)
}

func (g *gateway) Renew(ctx context.Context, req *spillwayv1.RenewRequest) (*spillwayv1.RenewResponse, error) {
	if g.renew == nil {
		return g.UnimplementedStreamServiceServer.Renew(ctx, req)
	}
	if err := g.authenticate(ctx); err != nil {
		return nil, err
	}
	return g.renew(ctx, req.GetStreamId())
}

// authenticate accepts the tokens that RoundTrip issued and nobody revoked.
func (g *gateway) authenticate(ctx context.Context) error {
	_, err := g.tokenEnd(ctx)
	return err
}

// tokenEnd returns when the token of a call expires.
func (g *gateway) tokenEnd(ctx context.Context) (time.Time, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	token, ok := strings.CutPrefix(strings.Join(md.Get("authorization"), ""), "Bearer token-")
	g.mu.Lock()
	defer g.mu.Unlock()
	n, err := strconv.Atoi(token)
	if !ok || err != nil || n < 1 || n > g.issued || g.revoked[token] {
		return time.Time{}, status.Error(codes.Unauthenticated, "the token is not valid")
	}
	return g.ends[n-1], nil
}

// revokeAll ends the validity of every token issued so far.
func (g *gateway) revokeAll() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for n := range g.issued {
		g.revoked[strconv.Itoa(n+1)] = true
	}
}

// seen returns how many calls and tokens there were, and the requests.
func (g *gateway) seen() (calls, tokens int, requests []*spillwayv1.SubscribeRequest) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.calls, g.issued, g.requests
}

// tokenRequests returns how often the token endpoint was asked.
func (g *gateway) tokenRequests() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked
}

// RoundTrip is the token endpoint.
func (g *gateway) RoundTrip(*http.Request) (*http.Response, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked++
	rec := httptest.NewRecorder()
	rec.Header().Set("Content-Type", "application/json")
	if g.issuer != nil {
		if code := g.issuer(g.asked); code != http.StatusOK {
			rec.WriteHeader(code)
			rec.WriteString(`{"error":"invalid_client"}`)
			return rec.Result(), nil
		}
	}
	g.issued++
	g.ends = append(g.ends, time.Now().Add(g.lifetime))
	fmt.Fprintf(rec, `{"access_token":"token-%d","expires_in":%d,"token_type":"Bearer"}`, g.issued, int(g.lifetime.Seconds()))
	return rec.Result(), nil
}

func (g *gateway) config() Config {
	return Config{
		Endpoint: "127.0.0.1:1",
		Credentials: Credentials{
			ClientID: "news", ClientSecret: "s3cret", TokenURL: "http://127.0.0.1/oauth2/token",
			HTTPClient: &http.Client{Transport: g},
		},
		Dial: func(ctx context.Context, _ string) (net.Conn, error) {
			g.dials.Add(1)
			return g.listener.DialContext(ctx)
		},
	}
}

// client returns a Client of g that is closed with the test.
func (g *gateway) client(t *testing.T) *Client {
	t.Helper()
	c, err := New(g.config())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// cursorAt is the position after n events: a base of hundreds and a step of ones.
func cursorAt(n int, withBase bool) *spillwayv1.Cursor {
	c := &spillwayv1.Cursor{Step: []byte(strconv.Itoa(n % 100))}
	if withBase {
		c.Base = []byte(strconv.Itoa(n / 100))
	}
	return c
}

// positionOf reads what cursorAt made, after any merging.
func positionOf(c *spillwayv1.Cursor) (int, error) {
	base, err := strconv.Atoi(string(c.GetBase()))
	if err != nil {
		return 0, fmt.Errorf("base %q: %w", c.GetBase(), err)
	}
	step, err := strconv.Atoi(string(c.GetStep()))
	if err != nil {
		return 0, fmt.Errorf("step %q: %w", c.GetStep(), err)
	}
	return base*100 + step, nil
}

func subscribedAt(n int) *spillwayv1.SubscribeResponse {
	return &spillwayv1.SubscribeResponse{
		Cursor: cursorAt(n, true),
		Response: &spillwayv1.SubscribeResponse_Subscribed{Subscribed: &spillwayv1.Subscribed{
			Patterns: []string{"weather.>"},
			Limits:   &spillwayv1.Limits{MaxBatchBytes: 1 << 16, HeartbeatInterval: durationpb.New(10 * time.Second)},
		}},
	}
}

// eventsFrom carries the events number from up to before to.
func eventsFrom(from, to int, withBase bool) *spillwayv1.SubscribeResponse {
	batch := &spillwayv1.EventBatch{}
	for n := from; n < to; n++ {
		batch.Events = append(batch.Events, &spillwayv1.Event{
			Id: fmt.Sprintf("0:%d:0", n), Topic: "weather.us.ny", PartitionKey: "KNYC",
			ApproximateArrivalTime: timestamppb.New(time.Unix(int64(n), 0)), Data: []byte(strconv.Itoa(n)),
		})
	}
	return &spillwayv1.SubscribeResponse{
		Cursor: cursorAt(to, withBase), Response: &spillwayv1.SubscribeResponse_Events{Events: batch},
	}
}

func heartbeatAt(n int) *spillwayv1.SubscribeResponse {
	return &spillwayv1.SubscribeResponse{
		Cursor: cursorAt(n, false), Response: &spillwayv1.SubscribeResponse_Heartbeat{Heartbeat: &spillwayv1.Heartbeat{}},
	}
}

func drainFor(d time.Duration) *spillwayv1.SubscribeResponse {
	return &spillwayv1.SubscribeResponse{Response: &spillwayv1.SubscribeResponse_Drain{
		Drain: &spillwayv1.Drain{ReconnectAfter: durationpb.New(d)},
	}}
}

// send sends all of responses, or returns the first error.
func send(out sender, responses ...*spillwayv1.SubscribeResponse) error {
	for _, r := range responses {
		if err := out.Send(r); err != nil {
			return err
		}
	}
	return nil
}

// untilGone waits for the subscriber to leave.
func untilGone(out sender) error {
	<-out.Context().Done()
	return out.Context().Err()
}

// unavailable is how a gateway ends a stream that should come back.
var unavailable = status.Error(codes.Unavailable, "the gateway is stopping")
