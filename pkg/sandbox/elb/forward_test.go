package elb

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestTargets: who gets new connections, by health and draining.
func TestTargets(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "TCP", delay(3600))
	if conn, name, err := f.connect(); err == nil {
		t.Errorf("without a target %q answers", name)
		_ = conn.Close()
	}
	a, b := f.serve("a", "us-east-1a", false), f.serve("b", "us-east-1b", false)
	f.setCrossZone("true")
	f.await(a, StateHealthy)
	f.await(b, StateHealthy)
	if diff := cmp.Diff(map[string]bool{"a": true, "b": true}, f.reached()); diff != "" {
		t.Errorf("two healthy targets (-want +got):\n%s", diff)
	}
	_ = b.lis.Close()
	f.await(b, StateUnhealthy)
	if diff := cmp.Diff(map[string]bool{"a": true}, f.reached()); diff != "" {
		t.Errorf("one is unhealthy (-want +got):\n%s", diff)
	}
	f.deregister(a)
	f.drainingFor(-time.Hour) // however long what follows takes
	if h := f.TargetHealth(f.group, f.target(a, "")); h != deregistering() {
		t.Errorf("deregistered target is %+v", h)
	}
	if conn, name, err := f.connect(); err != nil || name != "a" {
		t.Errorf("a draining target gets no new connection: %q, %v", name, err)
	} else {
		defer func() { _ = conn.Close() }()
	}
	f.drainingFor(NewFlowsWhileDraining)
	if diff := cmp.Diff(map[string]bool{"a": true, "a reset": true}, f.reached()); diff != "" {
		t.Errorf("no target is healthy, which fails open (-want +got):\n%s", diff)
	}
}

// drainingFor has targets have been draining for so long, as on AWS.
func (f *farm) drainingFor(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.targetGroups[f.group].targets {
		t.drainingSince = time.Now().Add(-f.scaled(d))
	}
}

func (f *farm) setCrossZone(value string) {
	f.t.Helper()
	must(f.ModifyLoadBalancerAttributes(f.t.Context(), LoadBalancerAttributesInput{f.balancer, []Attribute{{crossZone, value}}}))(f.t)
}

// TestZones: without cross-zone balancing each zone has its share, whatever the number of its targets.
func TestZones(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "TCP")
	servers := []*server{f.serve("a1", "us-east-1a", false), f.serve("b1", "us-east-1b", false), f.serve("b2", "us-east-1b", false)}
	for _, srv := range servers {
		f.await(srv, StateHealthy)
	}
	count := func() (inA int) {
		f.mu.Lock()
		defer f.mu.Unlock()
		for i := range uint64(3000) {
			if f.choose(f.listeners[f.listener], i*0x9E3779B97F4A7C15).zone == "us-east-1a" {
				inA++
			}
		}
		return inA
	}
	if n := count(); n < 1300 || n > 1700 {
		t.Errorf("%d of 3000 flows in the zone with one of three targets, want half of them", n)
	}
	f.setCrossZone("true")
	if n := count(); n < 800 || n > 1200 {
		t.Errorf("%d of 3000 flows across zones at one of three targets, want a third of them", n)
	}
	must(f.ModifyTargetGroupAttributes(t.Context(), TargetGroupAttributesInput{f.group, []Attribute{{crossZone, "false"}}}))(t)
	if n := count(); n < 1300 || n > 1700 {
		t.Errorf("%d of 3000 flows, and the target group says that they are not to cross zones", n)
	}
}

// TestFlowsOfATargetThatFails: its flows are reset or go on, as the target group says.
func TestFlowsOfATargetThatFails(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		attribute Attribute
		fail      func(*farm, *server)
		state     string
		goesOn    bool
	}{
		"unhealthy":                       {delay(1), closeTarget, StateUnhealthy, false},
		"unhealthy, no termination":       {Attribute{unhealthyEnds, "false"}, closeTarget, StateUnhealthy, true},
		"deregistered":                    {delay(1), (*farm).deregister, StateUnused, true},
		"deregistered, with termination":  {Attribute{deregistrationEnds, "true"}, (*farm).deregister, StateUnused, false},
		"deregistered, delay is not over": {delay(3600), (*farm).deregister, StateDraining, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFarm(t, "TCP", tt.attribute)
			srv := f.serve("a", "us-east-1a", false)
			f.await(srv, StateHealthy)
			conn, _, err := f.connect()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			tt.fail(f, srv)
			f.await(srv, tt.state)
			if tt.goesOn {
				if err := answers(conn); err != nil {
					t.Errorf("the flow: %v", err)
				}
				return
			}
			if _, err := io.ReadAll(conn); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the flow ended with %v, want a reset", err)
			}
		})
	}
}

func closeTarget(_ *farm, srv *server) { _ = srv.lis.Close() }

// TestDrained: who waits for a target is told when the delay is over, and not before.
func TestDrained(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "TCP", delay(12))
	srv := f.serve("a", "us-east-1a", false)
	f.await(srv, StateHealthy)
	began := time.Now()
	f.deregister(srv)
	<-f.Drained(f.group, f.target(srv, ""))
	if took := time.Since(began); took < 120*time.Millisecond {
		t.Errorf("drained after %s, want 120 ms, which is the delay of 12 s at this scale", took)
	}
	<-f.Drained(f.group, f.target(srv, "")) // it is gone, so there is nothing to wait for
	if h := f.TargetHealth(f.group, f.target(srv, "")); h != notRegistered() {
		t.Errorf("health after draining: %+v", h)
	}
}

// TestClose: flows end with the service, also those of a target that is gone.
func TestClose(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "TCP", delay(1))
	srv := f.serve("a", "us-east-1a", false)
	f.await(srv, StateHealthy)
	conn, _, err := f.connect()
	if err != nil {
		t.Fatal(err)
	}
	f.deregister(srv)
	<-f.Drained(f.group, f.target(srv, ""))
	f.Close()
	if _, err := io.ReadAll(conn); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the flow ended with %v, want a reset", err)
	}
}

// TestHalfClosedFlow: a client that has sent everything still gets the answer.
func TestHalfClosedFlow(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "TCP")
	f.await(f.serve("a", "us-east-1a", false), StateHealthy)
	conn := must(net.Dial("tcp", f.address))(t)
	if _, err := conn.Write([]byte("all")); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(conn); err != nil || string(got) != "a\nall" {
		t.Errorf("read %q, %v", got, err)
	}
}

// TestIdleFlow: data that comes after the idle timeout is answered with a reset.
func TestIdleFlow(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "TCP")
	f.await(f.serve("a", "us-east-1a", false), StateHealthy)
	conn, _, err := f.connect()
	if err != nil {
		t.Fatal(err)
	}
	if err := answers(conn); err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	for _, target := range f.targetGroups[f.group].targets {
		for flow := range target.flows {
			flow.last.Add(-int64(DefaultIdleTimeout + time.Second))
		}
	}
	f.mu.Unlock()
	if err := answers(conn); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("after the idle timeout: %v, want a reset", err)
	}
}

// TestProxyProtocol: the target gets the client's address first, and health checks begin with a header, too.
func TestProxyProtocol(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "TCP", Attribute{proxyProtocol, "true"})
	srv := f.serve("a", "us-east-1a", true)
	f.await(srv, StateHealthy)
	conn, name, err := f.connect()
	if err != nil || name != "a" {
		t.Fatal(name, err)
	}
	want := string(proxyHeader(conn.LocalAddr(), conn.RemoteAddr()))
	found, checks := false, 0
	for n := 1; !found || checks < 2; n++ { // the target may read later what a check that is over has sent
		h := <-srv.headers
		if string(h) == want {
			found = true
		} else if string(h[:14]) == proxySignature+"\x21\x11" {
			checks++
		}
		if n == cap(srv.headers) {
			t.Fatalf("of %d headers %d are of health checks, that of the client is there: %t", n, checks, found)
		}
	}
}

func TestProxyHeader(t *testing.T) {
	t.Parallel()
	v4 := proxyHeader(&net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: 258}, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 443})
	want := "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x0a\x01\x02\x03\x0a\x00\x00\x01\x01\x02\x01\xbb"
	if diff := cmp.Diff(want, string(v4)); diff != "" {
		t.Errorf("IPv4 (-want +got):\n%s", diff)
	}
	v6 := proxyHeader(&net.TCPAddr{IP: net.IPv6loopback, Port: 1}, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 443})
	if len(v6) != 52 || v6[13] != streamIPv6 || v6[15] != 36 {
		t.Errorf("IPv6: %x", v6)
	}
}

// TestRenewedCertificate: a listener shows the certificate that its ARN has by now, and the last one while there is none.
func TestRenewedCertificate(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "TLS")
	f.await(f.serve("a", "us-east-1a", false), StateHealthy)
	shown := func() []byte {
		conn, err := tls.Dial("tcp", f.address, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		return conn.ConnectionState().PeerCertificates[0].Raw
	}
	first, next := shown(), oneCertificate(t).Load()
	f.cfg.Certificates.(*certificates).Store(next)
	if got := shown(); bytes.Equal(got, first) || !bytes.Equal(got, next.Certificate[0]) {
		t.Error("the certificate that was renewed is not shown")
	}
	f.cfg.Certificates.(*certificates).Store(nil)
	if got := shown(); !bytes.Equal(got, next.Certificate[0]) {
		t.Error("without a certificate the last one is not shown")
	}
}

// TestTLSListener: versions by the security policy, protocols by the ALPN policy.
func TestTLSListener(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "TLS")
	f.await(f.serve("a", "us-east-1a", false), StateHealthy)
	for name, tt := range map[string]struct {
		offer  []string
		newest uint16
		want   string // protocol
		fails  bool
	}{
		"h2":                       {offer: []string{"http/1.1", "h2"}, want: "h2"},
		"HTTP/1.1":                 {offer: []string{"http/1.1"}, want: "http/1.1"},
		"no protocol":              {},
		"none that both have":      {offer: []string{"spdy"}},
		"a version that is old":    {newest: tls.VersionTLS11, fails: true},
		"the oldest that it takes": {newest: tls.VersionTLS12, offer: []string{"h2"}, want: "h2"},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := tls.Dial("tcp", f.address, &tls.Config{InsecureSkipVerify: true, NextProtos: tt.offer, MinVersion: tls.VersionTLS10, MaxVersion: tt.newest})
			if (err != nil) != tt.fails {
				t.Fatalf("handshake: %v", err)
			}
			if err != nil {
				return
			}
			defer func() { _ = conn.Close() }()
			if got := conn.ConnectionState().NegotiatedProtocol; got != tt.want {
				t.Errorf("protocol %q, want %q", got, tt.want)
			}
			greeting := make([]byte, 2)
			if _, err := io.ReadFull(conn, greeting); err != nil || string(greeting) != "a\n" {
				t.Errorf("greeting %q, %v", greeting, err)
			}
			if err := conn.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if rest, err := io.ReadAll(conn); err != nil || len(rest) > 0 {
				t.Errorf("after the end: %q, %v", rest, err)
			}
		})
	}
}
