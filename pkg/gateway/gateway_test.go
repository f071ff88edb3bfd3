package gateway

import (
	"context"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spillway/spillway/mockcognito"
	"github.com/spillway/spillway/pkg/authn"
	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/eventlog/redistest"
	"github.com/spillway/spillway/pkg/fanout"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// world is a gateway with all it needs: a log in miniredis, an issuer of tokens,
// and a client over an in-memory connection.
type world struct {
	log    *eventlog.Log
	redis  *miniredis.Miniredis
	issuer *mockcognito.Server
	server *Server
	client spillwayv1.StreamServiceClient
	conn   *grpc.ClientConn
	stop   func() error // drains and waits
	await  func() error // waits for Serve to return
	seq    int
}

const clientID = "2b3c4d5e6f7g8h9i0j1k2l3m4n"

func newWorld(t *testing.T, edit func(*Config)) *world {
	t.Helper()
	lis := bufconn.Listen(1 << 20)
	return newWorldOn(t, lis, edit, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
}

// newWorldOn is a world whose gateway listens on lis, and whose client has opts.
func newWorldOn(t *testing.T, lis net.Listener, edit func(*Config), opts ...grpc.DialOption) *world {
	t.Helper()
	return newWorldOf(t, newIssuer(t, ""), lis, edit, opts...)
}

// newIssuer is an issuer that keeps its keys in a file, if it is told one.
func newIssuer(t *testing.T, stateFile string) *mockcognito.Server {
	t.Helper()
	issuer, err := mockcognito.New(mockcognito.Config{StateFile: stateFile, Pools: []mockcognito.Pool{{
		Name:            "test",
		ResourceServers: []mockcognito.ResourceServer{{Identifier: "spillway", Scopes: []string{"weather.us.*", "news.>"}}},
		Clients: []mockcognito.Client{{Name: "customer", ID: clientID, Scopes: []string{"spillway/weather.us.*", "spillway/news.>"},
			AllowedOAuthFlows: []mockcognito.Flow{mockcognito.FlowClientCredentials}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return issuer
}

// newWorldOf is a world whose gateway trusts an issuer.
func newWorldOf(t *testing.T, issuer *mockcognito.Server, lis net.Listener, edit func(*Config), opts ...grpc.DialOption) *world {
	t.Helper()
	w := &world{redis: miniredis.RunT(t), issuer: issuer}
	keys := httptest.NewServer(w.issuer)
	t.Cleanup(keys.Close)
	pool := w.issuer.Pools()[0]
	verifier, err := authn.New(authn.Config{Issuer: pool.Issuer, KeySetURL: keys.URL + "/" + pool.ID + "/.well-known/jwks.json", ResourceServers: []string{"spillway"}})
	if err != nil {
		t.Fatal(err)
	}
	if w.log, err = eventlog.Open(eventlog.Config{URL: "redis://" + w.redis.Addr(), Lanes: 4, Patience: redistest.Patience}); err != nil {
		t.Fatal(err)
	}
	hub := fanout.NewHub(w.log, fanout.Config{})
	cfg := Config{Hub: hub, Verifier: verifier, Version: "test", Revocations: w.log}
	if edit != nil {
		edit(&cfg)
	}
	w.server = New(cfg)
	w.run(t, hub, lis, opts)
	return w
}

func (w *world) run(t *testing.T, hub *fanout.Hub, lis net.Listener, opts []grpc.DialOption) {
	t.Helper()
	hubCtx, stopHub := context.WithCancel(context.Background())
	srvCtx, stopServer := context.WithCancel(context.Background())
	hubDone, served := make(chan struct{}), make(chan error, 1)
	go func() { defer close(hubDone); _ = hub.Run(hubCtx) }()
	go func() { served <- w.server.Serve(srvCtx, lis) }()
	stopped := false
	w.await = func() error {
		stopped = true
		return <-served
	}
	w.stop = func() error {
		stopServer()
		return w.await()
	}
	conn, err := grpc.NewClient("passthrough:///"+lis.Addr().String(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	w.conn, w.client = conn, spillwayv1.NewStreamServiceClient(conn)
	t.Cleanup(func() {
		conn.Close()
		if !stopped {
			if err := w.stop(); err != nil {
				t.Error(err)
			}
		}
		stopHub()
		<-hubDone
		if w.log != nil {
			w.log.Close()
		}
	})
	_, away := w.server.cfg.Revocations.(unread)
	eventually(t, func() bool { return hub.Ready() && (away || w.server.knowsRevoked()) })
}

// token returns a context that carries a token.
func (w *world) token(t *testing.T, opts mockcognito.IssueOptions) context.Context {
	t.Helper()
	tok, err := w.issuer.Issue(clientID, opts)
	if err != nil {
		t.Fatal(err)
	}
	return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+tok)
}

// put appends one event for each topic.
func (w *world) put(t *testing.T, topics ...string) {
	t.Helper()
	var items []eventlog.Item
	for _, name := range topics {
		w.seq++
		e := &event.Event{Shard: "shardId-000000000000", SequenceNumber: strings.Repeat("1", w.seq), Topic: name, PartitionKey: "k", Arrival: time.UnixMilli(int64(w.seq)), Data: []byte(name)}
		items = append(items, eventlog.Item{Topic: name, Sequence: e.SequenceNumber, Bytes: event.Append(nil, e)})
	}
	if _, err := w.log.Append(t.Context(), "shardId-000000000000", items); err != nil {
		t.Fatal(err)
	}
}

// reader is a subscriber that merges cursors, as the contract says.
type reader struct {
	stream grpc.ServerStreamingClient[spillwayv1.SubscribeResponse]
	cursor *spillwayv1.Cursor
}

func (w *world) subscribe(t *testing.T, ctx context.Context, req *spillwayv1.SubscribeRequest) *reader {
	t.Helper()
	stream, err := w.client.Subscribe(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{stream, &spillwayv1.Cursor{}}
	if resp := r.recv(t); resp.GetSubscribed() == nil {
		t.Fatalf("the first response is %v, want subscribed", resp)
	}
	return r
}

func (r *reader) recv(t *testing.T) *spillwayv1.SubscribeResponse {
	t.Helper()
	resp, err := r.stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	if resp.GetCursor() == nil {
		t.Fatalf("response without a cursor: %v", resp)
	}
	r.merge(resp)
	return resp
}

func (r *reader) merge(resp *spillwayv1.SubscribeResponse) { proto.Merge(r.cursor, resp.GetCursor()) }

// topics reads until n events have come, and returns their topics.
func (r *reader) topics(t *testing.T, n int) []string {
	t.Helper()
	var got []string
	for len(got) < n {
		for _, e := range r.recv(t).GetEvents().GetEvents() {
			if string(e.Data) != e.Topic || e.PartitionKey != "k" {
				t.Errorf("event %v", e)
			}
			got = append(got, e.Topic)
		}
	}
	return got
}

func (r *reader) end(t *testing.T) *status.Status {
	t.Helper()
	for {
		resp, err := r.stream.Recv()
		if err != nil {
			return status.Convert(err)
		}
		proto.Merge(r.cursor, resp.GetCursor())
	}
}

func eventually(t *testing.T, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("not within a minute")
		}
	}
}

func TestSubscribeAndResume(t *testing.T) {
	w := newWorld(t, nil)
	ctx := w.token(t, mockcognito.IssueOptions{})
	early := w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{Patterns: []string{"weather.us.ny"}})
	w.put(t, "weather.us.ny", "weather.us.pa", "news.a", "secret.x")
	early.topics(t, 1) // the gateway has read it, so it is not of after what follows
	r := w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{Patterns: []string{"weather.us.ny"}})
	all := w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{Start: &spillwayv1.SubscribeRequest_Origin{Origin: spillwayv1.Origin_ORIGIN_EARLIEST}})
	w.put(t, "weather.us.pa", "weather.us.ny", "secret.x")
	w.put(t, "weather.us.ny")
	if diff := cmp.Diff([]string{"weather.us.ny", "weather.us.ny"}, r.topics(t, 2)); diff != "" {
		t.Error(diff)
	}
	count := map[string]int{}
	for _, name := range all.topics(t, 6) {
		count[name]++
	}
	if diff := cmp.Diff(map[string]int{"weather.us.ny": 3, "weather.us.pa": 2, "news.a": 1}, count); diff != "" {
		t.Error(diff)
	}
	w.put(t, "news.b", "weather.us.ny")
	resumed := w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{Start: &spillwayv1.SubscribeRequest_Cursor{Cursor: all.cursor}})
	got := resumed.topics(t, 2)
	if len(got) != 2 || count[got[0]]+count[got[1]] != 3 {
		t.Errorf("resumed with %v", got)
	}
	future := w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{Start: &spillwayv1.SubscribeRequest_Time{Time: timestamppb.New(time.Now().Add(-time.Hour))}})
	if got := future.topics(t, 8); len(got) != 8 {
		t.Errorf("since an hour ago: %v", got)
	}
}

func TestUnauthenticated(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Reflection = true })
	header := func(values ...string) context.Context {
		ctx := t.Context()
		for _, v := range values {
			ctx = metadata.AppendToOutgoingContext(ctx, "authorization", v)
		}
		return ctx
	}
	good, err := w.issuer.Issue(clientID, mockcognito.IssueOptions{})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		ctx  context.Context
		says string
	}{
		{"no token", t.Context(), "no token: send the header"},
		{"garbage", header("Bearer garbage"), "not a JWT"},
		{"basic", header("Basic abc"), "no bearer token"},
		{"no scheme", header(good), "no bearer token"},
		{"two headers", header("Bearer "+good, "Bearer "+good), "more than one"},
		{"expired", w.token(t, mockcognito.IssueOptions{Lifetime: -time.Minute}), "expired at"},
		{"id token", w.token(t, mockcognito.IssueOptions{TokenUse: "id"}), "no access token"},
		{"another key", w.token(t, mockcognito.IssueOptions{Key: mockcognito.ForeignKey}), ""},
		{"another issuer", w.token(t, mockcognito.IssueOptions{Issuer: "https://elsewhere"}), "another issuer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.client.GetAccess(tt.ctx, &spillwayv1.GetAccessRequest{})
			wantStatus(t, err, codes.Unauthenticated, tt.says)
			stream, err := w.client.Subscribe(tt.ctx, &spillwayv1.SubscribeRequest{})
			if err == nil {
				_, err = stream.Recv()
			}
			wantStatus(t, err, codes.Unauthenticated, tt.says)
		})
	}
	t.Run("reflection", func(t *testing.T) {
		stream, err := w.conn.NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
		if err == nil {
			err = stream.RecvMsg(&spillwayv1.GetAccessResponse{})
		}
		wantStatus(t, err, codes.Unauthenticated, "no token")
	})
	t.Run("health needs none", func(t *testing.T) {
		eventually(t, func() bool {
			resp, err := grpc_health_v1.NewHealthClient(w.conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "spillway.v1.StreamService"})
			return err == nil && resp.Status == grpc_health_v1.HealthCheckResponse_SERVING
		})
	})
	t.Run("lower-case scheme", func(t *testing.T) {
		if _, err := w.client.GetAccess(header("bearer "+good), &spillwayv1.GetAccessRequest{}); err != nil {
			t.Error(err)
		}
	})
}

func wantStatus(t *testing.T, err error, code codes.Code, says string) {
	t.Helper()
	if st := status.Convert(err); st.Code() != code || !strings.Contains(st.Message(), says) {
		t.Errorf("got %v, want %v that says %q", err, code, says)
	}
}

func TestRefusedRequests(t *testing.T) {
	w := newWorld(t, nil)
	ctx := w.token(t, mockcognito.IssueOptions{})
	many := make([]string, MaxPatterns+1)
	for i := range many {
		many[i] = "weather.us.ny"
	}
	cursor := func(base, step string) *spillwayv1.SubscribeRequest {
		return &spillwayv1.SubscribeRequest{Start: &spillwayv1.SubscribeRequest_Cursor{Cursor: &spillwayv1.Cursor{Base: []byte(base), Step: []byte(step)}}}
	}
	tests := []struct {
		name string
		req  *spillwayv1.SubscribeRequest
		code codes.Code
		says string
	}{
		{"outside the grants", &spillwayv1.SubscribeRequest{Patterns: []string{"news.a", "weather.ca.on"}}, codes.PermissionDenied, `"weather.ca.on" is not covered by the token's grants: ["news.>" "weather.us.*"]`},
		{"wider than the grants", &spillwayv1.SubscribeRequest{Patterns: []string{">"}}, codes.PermissionDenied, `">"`},
		{"wider in one token", &spillwayv1.SubscribeRequest{Patterns: []string{"weather.us.>"}}, codes.PermissionDenied, `"weather.us.>"`},
		{"operators'", &spillwayv1.SubscribeRequest{Patterns: []string{"$spillway.unrouted"}}, codes.PermissionDenied, "$spillway"},
		{"bad pattern", &spillwayv1.SubscribeRequest{Patterns: []string{"news.a", "a..b"}}, codes.InvalidArgument, "patterns[1]: "},
		{"too many patterns", &spillwayv1.SubscribeRequest{Patterns: many}, codes.InvalidArgument, "patterns: there are 65, at most 64"},
		{"filter", &spillwayv1.SubscribeRequest{Filter: "data.x ="}, codes.InvalidArgument, "filter: column 8: "},
		{"origin", &spillwayv1.SubscribeRequest{Start: &spillwayv1.SubscribeRequest_Origin{Origin: 9}}, codes.InvalidArgument, "origin: 9"},
		{"time", &spillwayv1.SubscribeRequest{Start: &spillwayv1.SubscribeRequest_Time{Time: &timestamppb.Timestamp{Nanos: -1}}}, codes.InvalidArgument, "time: "},
		{"time zero", &spillwayv1.SubscribeRequest{Start: &spillwayv1.SubscribeRequest_Time{Time: &timestamppb.Timestamp{}}}, codes.InvalidArgument, "time: must be after"},
		{"empty cursor", cursor("", ""), codes.InvalidArgument, "cursor: "},
		{"garbage cursor", cursor("garbage garbage garbage", ""), codes.InvalidArgument, "cursor: "},
		{"heartbeat", &spillwayv1.SubscribeRequest{Limits: &spillwayv1.Limits{HeartbeatInterval: durationpb.New(-1)}}, codes.InvalidArgument, "limits.heartbeat_interval: "},
		{"too large", &spillwayv1.SubscribeRequest{Filter: strings.Repeat("x", maxRequestBytes)}, codes.ResourceExhausted, "larger than max"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stream, err := w.client.Subscribe(ctx, tt.req)
			if err == nil {
				_, err = stream.Recv()
			}
			wantStatus(t, err, tt.code, tt.says)
			if tt.code == codes.InvalidArgument {
				if d := status.Convert(err).Details(); len(d) != 1 || d[0].(*errdetails.BadRequest).FieldViolations[0].Field == "" {
					t.Errorf("details %v, want a field violation", d)
				}
			}
		})
	}
	t.Run("no grants", func(t *testing.T) {
		stream, err := w.client.Subscribe(w.token(t, mockcognito.IssueOptions{Claims: map[string]any{"scope": "other/x"}}), &spillwayv1.SubscribeRequest{})
		if err == nil {
			_, err = stream.Recv()
		}
		wantStatus(t, err, codes.PermissionDenied, "grants nothing")
	})
}

func TestGetAccess(t *testing.T) {
	w := newWorld(t, nil)
	got, err := w.client.GetAccess(w.token(t, mockcognito.IssueOptions{}), &spillwayv1.GetAccessRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"news.>", "weather.us.*"}, got.Grants); diff != "" {
		t.Error(diff)
	}
	if got.ClientId != clientID || got.Retention.AsDuration() != eventlog.DefaultRetention || got.ServerVersion != "test" ||
		got.Limits.HeartbeatInterval.AsDuration() != DefaultHeartbeatInterval || time.Until(got.TokenExpiresAt.AsTime()) < 50*time.Minute {
		t.Errorf("access %v", got)
	}
}

func TestHeartbeat(t *testing.T) {
	w := newWorld(t, nil)
	r := w.subscribe(t, w.token(t, mockcognito.IssueOptions{}), &spillwayv1.SubscribeRequest{Limits: &spillwayv1.Limits{HeartbeatInterval: durationpb.New(time.Millisecond)}})
	start := time.Now()
	if resp := r.recv(t); resp.GetHeartbeat() == nil {
		t.Errorf("got %v, want a heartbeat", resp)
	}
	if d := time.Since(start); d < MinHeartbeatInterval-100*time.Millisecond {
		t.Errorf("heartbeat after %s, want the least interval of %s", d, MinHeartbeatInterval)
	}
}

func TestTokenExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, log, _ := newBubble(t)
		r := w.subscribe(t, w.token(t, mockcognito.IssueOptions{Lifetime: 2 * time.Second}), &spillwayv1.SubscribeRequest{Patterns: []string{"news.>"}})
		log.append("news.a")
		r.topics(t, 1)
		st := r.end(t)
		wantStatus(t, st.Err(), codes.Unauthenticated, "the token expired at")
		log.append("news.b")
		next := w.subscribe(t, w.token(t, mockcognito.IssueOptions{}), &spillwayv1.SubscribeRequest{Patterns: []string{"news.>"}, Start: &spillwayv1.SubscribeRequest_Cursor{Cursor: r.cursor}})
		if diff := cmp.Diff([]string{"news.b"}, next.topics(t, 1)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDrain(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.DrainWindow = 50 * time.Millisecond })
	ctx := w.token(t, mockcognito.IssueOptions{})
	r := w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{})
	w.put(t, "news.a")
	r.topics(t, 1)
	stopped := make(chan error, 1)
	go func() { stopped <- w.stop() }()
	if resp := r.recv(t); resp.GetDrain().GetReconnectAfter() == nil {
		t.Errorf("got %v, want drain", resp)
	}
	st := r.end(t)
	wantStatus(t, st.Err(), codes.Unavailable, "stopping")
	if d := st.Details(); len(d) != 1 || d[0].(*errdetails.RetryInfo) == nil {
		t.Errorf("details %v, want RetryInfo", d)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if _, err := w.server.admit(place{client: clientID}); status.Code(err) != codes.Unavailable {
		t.Errorf("a stream after the drain: %v", err)
	}
}

func TestTooManyStreams(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxStreams = 1 })
	ctx, cancel := context.WithCancel(w.token(t, mockcognito.IssueOptions{}))
	w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{})
	stream, err := w.client.Subscribe(w.token(t, mockcognito.IssueOptions{}), &spillwayv1.SubscribeRequest{})
	if err == nil {
		_, err = stream.Recv()
	}
	wantStatus(t, err, codes.ResourceExhausted, "has 1 streams")
	cancel()
	eventually(t, func() bool { return w.server.streams.Load() == 0 })
	w.subscribe(t, w.token(t, mockcognito.IssueOptions{}), &spillwayv1.SubscribeRequest{})
}

// TestLogAway: streams live through an outage of the log, and nothing is missing
// after it.
func TestLogAway(t *testing.T) {
	w := newWorld(t, nil)
	ctx := w.token(t, mockcognito.IssueOptions{})
	r := w.subscribe(t, ctx, &spillwayv1.SubscribeRequest{Patterns: []string{"news.>"}})
	w.put(t, "news.a")
	r.topics(t, 1)
	w.redis.SetError("LOADING for the test")
	eventually(t, func() bool { return w.server.Ready() != nil })
	// A gateway takes streams while one of their lanes can be read, and learns of each lane by itself.
	eventually(t, func() bool {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		stream, err := w.client.Subscribe(ctx, &spillwayv1.SubscribeRequest{})
		if err == nil {
			_, err = stream.Recv()
		}
		if err != nil {
			wantStatus(t, err, codes.Unavailable, "event log")
		}
		return err != nil
	})
	w.redis.SetError("")
	w.put(t, "news.b")
	if diff := cmp.Diff([]string{"news.b"}, r.topics(t, 1)); diff != "" {
		t.Error(diff)
	}
	eventually(t, func() bool { return w.server.Ready() == nil })
}

func TestAdmin(t *testing.T) {
	reg := prometheus.NewRegistry()
	w := newWorld(t, func(c *Config) { c.Metrics = NewMetrics(reg) })
	admin := httptest.NewServer(w.server.Admin(reg))
	defer admin.Close()
	get := func(path string) (int, string) {
		resp, err := admin.Client().Get(admin.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	w.subscribe(t, w.token(t, mockcognito.IssueOptions{}), &spillwayv1.SubscribeRequest{})
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ready", "/metrics": "spillway_streams 1"} {
		if code, body := get(path); code != 200 || !strings.Contains(body, want) {
			t.Errorf("%s = %d %q, want %q", path, code, body, want)
		}
	}
	if err := w.stop(); err != nil {
		t.Error(err)
	}
	if code, body := get("/readyz"); code != 503 || !strings.Contains(body, "draining") {
		t.Errorf("/readyz while draining = %d %q", code, body)
	}
}
