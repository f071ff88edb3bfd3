package gateway

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/spillway/spillway/pkg/authn"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// TestAttacks is what somebody tries who wants what is not theirs, or that others get
// nothing. Each case is made against a whole gateway on a port, with an issuer of tokens
// and a log, and has been seen to fail without the check that refuses it. Meanwhile an
// honest subscriber of the same gateway gets its events; nothing of a token is in a log or
// a status afterwards, and nothing that the attackers took is still taken.
func TestAttacks(t *testing.T) {
	m := newMint(t)
	t.Run("tokens", func(t *testing.T) { attackTokens(t, m) })
	t.Run("scopes", func(t *testing.T) { attackScopes(t, m) })
	t.Run("patterns", func(t *testing.T) { attackPatterns(t, m) })
	t.Run("operator", func(t *testing.T) { attackOperator(t, m) })
	t.Run("policy", func(t *testing.T) { attackPolicy(t, m) })
	t.Run("filters", func(t *testing.T) { attackFilters(t, m) })
	t.Run("cursors", func(t *testing.T) { attackCursors(t, m) })
	t.Run("renew", func(t *testing.T) { attackRenew(t, m) })
	t.Run("streams", func(t *testing.T) { attackStreams(t, m) })
	t.Run("headers", func(t *testing.T) { attackHeaders(t, m) })
	t.Run("methods", func(t *testing.T) { attackMethods(t, m) })
	t.Run("requests", func(t *testing.T) { attackRequests(t, m) })
	t.Run("http2", func(t *testing.T) { attackHTTP2(t, m) })
	t.Run("connections", func(t *testing.T) { attackConnections(t, m) })
	t.Run("tls", func(t *testing.T) { attackTLS(t, m) })
}

// arena is a gateway under attack.
type arena struct {
	*world
	mint   *mint
	addr   string
	told   *transcript
	policy *decision
	honest *reader // somebody else's stream of news.>
	victim string  // the id of a stream of the client that attackers have the name of
}

// newArena makes an arena, whose end checks what an attack may have left behind.
func newArena(t *testing.T, m *mint, edit func(*Config), opts ...grpc.DialOption) *arena {
	t.Helper()
	lis := listenTCP(t)
	a := &arena{mint: m, addr: lis.Addr().String(), told: new(transcript), policy: newDecision()}
	log := slog.New(slog.NewJSONHandler(a.told, &slog.HandlerOptions{Level: slog.LevelDebug}))
	verifier, err := authn.New(authn.Config{Issuer: m.iss, KeySetURL: m.url, ResourceServers: []string{"spillway"}, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.leftBehind(t) }) // after the end of the gateway
	opts = append([]grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}, opts...)
	a.world = newWorldOf(t, m.issuer, lis, func(c *Config) {
		c.Verifier, c.Logger, c.Policy = verifier, log, a.policy
		c.Limits.AddressFailures = Unlimited // all attacks come from one address
		if edit != nil {
			edit(c)
		}
	}, opts...)
	a.honest = a.subscribe(t, a.as(t, otherID, "spillway/news.>"), &spillwayv1.SubscribeRequest{})
	_, first := a.open(t, withHeader(t.Context(), "Bearer "+m.honest(t)), &spillwayv1.SubscribeRequest{})
	a.victim = first.GetStreamId()
	return a
}

// served wants the honest subscriber to get the next event.
func (a *arena) served(t *testing.T) {
	t.Helper()
	a.put(t, "news.honest")
	a.honest.topics(t, 1)
}

// leftBehind wants everything counted out again, and nothing of a token told.
func (a *arena) leftBehind(t *testing.T) {
	eventually(t, func() bool { return a.taken(t) == [7]int{} })
	a.told.check(t, a.mint.issuer.Pools()[0].Clients[0].Secret)
}

// taken is what is counted in: connections, streams and handlers, the first two as
// operators see them, and the clients and addresses that have any.
func (a *arena) taken(t *testing.T) [7]int {
	t.Helper()
	s := a.server
	gauge := func(g prometheus.Gauge) int {
		var m dto.Metric
		if err := g.Write(&m); err != nil {
			t.Error(err)
		}
		return int(m.GetGauge().GetValue())
	}
	busy := func(m *meters) int {
		m.mu.Lock()
		defer m.mu.Unlock()
		return len(m.busy)
	}
	s.conns.mu.Lock()
	open := len(s.conns.open) + s.conns.count
	s.conns.mu.Unlock()
	return [7]int{open, int(s.streams.Load()), a.guarded(), gauge(s.cfg.Metrics.connections), gauge(s.cfg.Metrics.streams), busy(s.clients), busy(s.addresses)}
}

// transcript is all that is logged and told, and the tokens that were used.
type transcript struct {
	mu     sync.Mutex // guards what follows
	text   bytes.Buffer
	tokens []string
}

func (r *transcript) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

// used remembers a token.
func (r *transcript) used(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tokens = append(r.tokens, token)
}

// status adds what a caller was told.
func (r *transcript) status(err error) {
	st := status.Convert(err)
	_, _ = r.Write([]byte(st.Message() + " " + st.Proto().String() + "\n"))
}

// check wants neither secret nor token in it, nor a token's claims or signature alone.
func (r *transcript) check(t *testing.T, secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := r.text.String()
	const telling = 20 // bytes; less could be there by chance
	for _, token := range r.tokens {
		for _, s := range append(parts(token)[1:], token, secret) {
			if len(s) >= telling && strings.Contains(text, s) {
				t.Errorf("told: %.100s", s)
			}
		}
	}
	if !strings.Contains(text, `"msg":"draining"`) {
		t.Error("nothing was logged: this proves nothing")
	}
}

func parts(token string) []string { return strings.Split(token, ".") }

// bearer is the context of a call with a token, which is remembered. What should end and
// does not is given up.
func (a *arena) bearer(t *testing.T, token string) context.Context {
	t.Helper()
	a.told.used(token)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return withHeader(ctx, "Bearer "+token)
}

// bounded wants an attack to take no more goroutines and memory than it may, neither at
// its height nor afterwards. f calls height while it goes on.
func bounded(t *testing.T, f func(height func())) {
	t.Helper()
	const goroutines, bytes = 3 * maxStreamsPerConnection, 128 << 20
	measure := func() (int, int) {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return runtime.NumGoroutine(), int(stats.HeapAlloc)
	}
	g0, b0 := measure()
	f(func() {
		if g, b := measure(); g-g0 > goroutines || b-b0 > bytes {
			t.Errorf("at its height it takes %d goroutines and %d bytes", g-g0, b-b0)
		}
	})
	eventually(t, func() bool { return runtime.NumGoroutine()-g0 < 50 })
	if _, b := measure(); b-b0 > bytes/4 {
		t.Errorf("%d bytes stay", b-b0)
	}
}

// dial opens a connection to the gateway that ends with the test.
func (a *arena) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", a.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	return conn
}
