package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/spillway/spillway/e2e/ground"
	"github.com/spillway/spillway/e2e/loopback"
	"github.com/spillway/spillway/pkg/stack"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// TestBareDelivers: subscribers that speak HTTP/2 by hand get all that bare has, in this
// process.
func TestBareDelivers(t *testing.T) {
	t.Parallel()
	const subscribers, events = 20, 30_000 // more bytes than a window
	addr, err := new(loopback.Ports).Address(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "progress")
	begin := func(role string, conf any) handler {
		text, err := json.Marshal(conf)
		if err != nil {
			t.Fatal(err)
		}
		h, err := roles()[role](t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	bare := begin("bare", serverConfig{Addr: addr, Topics: 5, Bytes: 200, Progress: socket})
	load := begin("load", loadConfig{
		Subscribers: subscribers, Targets: []string{addr}, Tokens: []string{""}, Patterns: []string{ground.Everything}, Ordered: true, Progress: socket,
	})
	if _, err := load(t.Context(), "open", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := bare(t.Context(), "start", []byte(`{"InFlight":5000,"Batch":100}`)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var m marked
	if err := until(ctx, func() (bool, error) {
		got, err := load(ctx, "mark", nil)
		m, _ = got.(marked)
		return m.Events >= subscribers*events, err
	}); err != nil {
		t.Fatalf("%v: got %+v", err, m)
	}
	if _, err := bare(t.Context(), "stop", nil); err != nil {
		t.Error(err)
	}
	if err := m.check(); err != nil || m.Live != subscribers || m.Failed > 0 {
		t.Errorf("got %+v: %v", m, err)
	}
}

// TestFlowTLS: subscribers speak TLS, and trust the certificate that they are given only.
func TestFlowTLS(t *testing.T) {
	t.Parallel()
	files, err := stack.WriteCertificates(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := os.ReadFile(files.CA)
	if err != nil {
		t.Fatal(err)
	}
	lis, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := grpc.NewServer(grpc.Creds(credentials.NewServerTLSFromCert(&pair)))
	spillwayv1.RegisterStreamServiceServer(srv, &bare{ring: newRing()})
	go func() { _ = srv.Serve(lis) }()
	t.Cleanup(srv.Stop)
	ca := x509.NewCertPool()
	ca.AppendCertsFromPEM(authority)
	f, err := dialFlow(t.Context(), lis.Addr().String(), "", &spillwayv1.SubscribeRequest{}, ca)
	if err != nil {
		t.Fatal(err)
	}
	defer f.conn.Close()
	done := errors.New("subscribed")
	var tl tally
	if err := f.run(func(msg []byte) error { return errors.Join(done, tl.response(msg, func(int64) {})) }); !errors.Is(err, done) || !tl.live {
		t.Errorf("run = %v, live %t", err, tl.live)
	}
	if f, err := dialFlow(t.Context(), lis.Addr().String(), "", &spillwayv1.SubscribeRequest{}, x509.NewCertPool()); err == nil {
		f.conn.Close()
		t.Error("a certificate is trusted that nobody has vouched for")
	}
}

// TestSmoke does what needs no more than a minute, with the real programs.
func TestSmoke(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(ground.ErrNoRedis)
		}
		t.Skip(ground.ErrNoRedis)
	}
	self := filepath.Join(t.TempDir(), "bench")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", self, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := settings{
		Only: []string{"fanout", "idle", "ingest", "replay", "views"}, Rounds: 1, Warm: minWarm, Window: minWindow,
		Subscribers: 20, Bytes: 200, InFlight: 1000, Rate: 100, Idle: 20, Replay: 10_000, Topics: 10, Views: 20, Out: t.TempDir(),
	}
	if err := conduct(t.Context(), s, self, t.Output()); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	text, err := os.ReadFile(filepath.Join(s.Out, "bench.json"))
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"fanout_20_vs_bare", "fanout_20_vs_sample", "cpu_per_delivery_vs_bare", "idle_stream_kb", "redis_us_per_record", "ingest_vs_sample", "replay_events_per_s",
	} {
		if _, ok := got[name].(float64); !ok {
			t.Errorf("bench.json has no %s", name)
		}
	}
}
