package balancer

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pires/go-proxyproto"
)

// patience bounds what a loaded machine may take; nothing waits for it.
const patience = time.Minute

// member answers every connection with its address and what is sent to it, on one port, and for its health on another.
type member struct {
	address string
	well    atomic.Bool
	asked   chan struct{} // gets one for each question for health
}

// group starts members at addresses of loopback, on ports that are the same for all of them.
func group(t *testing.T, proxied bool, addresses ...string) (target, health string, members []*member) {
	t.Helper()
	port, healthPort := "0", "0"
	for _, address := range addresses {
		m := &member{address: address, asked: make(chan struct{}, 1000)}
		m.well.Store(true)
		lis, healthLis := listen(t, address, port), listen(t, address, healthPort)
		_, port, _ = net.SplitHostPort(lis.Addr().String())
		_, healthPort, _ = net.SplitHostPort(healthLis.Addr().String())
		if proxied {
			lis = &proxyproto.Listener{Listener: lis}
		}
		serveMember(t, m, lis, healthLis)
		members = append(members, m)
	}
	return "gateway:" + port, "http://gateway:" + healthPort + "/readyz", members
}

func listen(t *testing.T, address, port string) net.Listener {
	t.Helper()
	lis, err := net.Listen("tcp", net.JoinHostPort(address, port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lis.Close() })
	return lis
}

func serveMember(t *testing.T, m *member, lis, healthLis net.Listener) {
	t.Helper()
	var work sync.WaitGroup
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !m.well.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		m.asked <- struct{}{}
	})}
	work.Go(func() { _ = srv.Serve(healthLis) })
	work.Go(func() {
		for {
			conn, err := lis.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer conn.Close()
				client, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
				_, _ = io.WriteString(conn, m.address+" "+client+"\n")
				_, _ = io.Copy(conn, conn)
			})
		}
	})
	t.Cleanup(func() {
		srv.Close()
		lis.Close()
		work.Wait()
	})
}

// start serves a balancer over members at the addresses and returns where.
func start(t *testing.T, cfg Config, addresses ...string) string {
	t.Helper()
	cfg.Resolve = func(context.Context, string) ([]string, error) { return addresses, nil }
	b, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.checkTimeout, b.dialTimeout = patience, patience
	b.round(t.Context())
	lis := listen(t, "127.0.0.1", "0")
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- b.Serve(ctx, lis) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("the end: %v", err)
		}
	})
	return lis.Addr().String()
}

// connect opens a connection and returns who answers, with the client's address as it was told.
func connect(t *testing.T, at string) (net.Conn, string) {
	t.Helper()
	conn, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return conn, strings.TrimSuffix(line, "\n")
}

// Connections go to members in turn; to those that are well, as long as there is one.
func TestServe(t *testing.T) {
	t.Parallel()
	addresses := []string{"127.0.0.1", "127.0.0.2", "127.0.0.3"}
	for _, tt := range []struct {
		name string
		ill  []int
		want map[string]int
	}{
		{"all well", nil, map[string]int{"127.0.0.1": 2, "127.0.0.2": 2, "127.0.0.3": 2}},
		{"one ill", []int{1}, map[string]int{"127.0.0.1": 3, "127.0.0.3": 3}},
		{"all ill", []int{0, 1, 2}, map[string]int{"127.0.0.1": 2, "127.0.0.2": 2, "127.0.0.3": 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target, health, members := group(t, false, addresses...)
			for _, i := range tt.ill {
				members[i].well.Store(false)
			}
			at := start(t, Config{Target: target, Health: health}, addresses...)
			got := map[string]int{}
			for range 6 {
				_, who := connect(t, at)
				who, _, _ = strings.Cut(who, " ")
				got[who]++
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("connections (-want +got):\n%s", diff)
			}
		})
	}
}

// A member that does not listen is passed over before its health tells.
func TestRefused(t *testing.T) {
	t.Parallel()
	target, health, _ := group(t, false, "127.0.0.1")
	at := start(t, Config{Target: target, Health: health}, "127.0.0.1", "127.0.0.9")
	for range 4 {
		if _, who := connect(t, at); !strings.HasPrefix(who, "127.0.0.1 ") {
			t.Errorf("answered by %s", who)
		}
	}
}

// The end of one direction is passed on, and what comes in the other one still arrives.
func TestHalfClose(t *testing.T) {
	t.Parallel()
	target, health, _ := group(t, false, "127.0.0.1")
	conn, _ := connect(t, start(t, Config{Target: target, Health: health}, "127.0.0.1"))
	if _, err := io.WriteString(conn, "hello"); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(conn)
	if err != nil || string(text) != "hello" {
		t.Errorf("got %q, %v", text, err)
	}
}

// A member learns the client's address.
func TestProxyProtocol(t *testing.T) {
	t.Parallel()
	target, health, _ := group(t, true, "127.0.0.2")
	at := start(t, Config{Target: target, Health: health, ProxyProtocol: true}, "127.0.0.2")
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 7)}}
	conn, err := dialer.DialContext(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || line != "127.0.0.2 127.0.0.7\n" {
		t.Errorf("got %q, %v", line, err)
	}
}

// More connections than allowed are closed at once; when one ends, there is room again.
func TestMaxConnections(t *testing.T) {
	t.Parallel()
	target, health, _ := group(t, false, "127.0.0.1")
	at := start(t, Config{Target: target, Health: health, MaxConnections: 1}, "127.0.0.1")
	first, _ := connect(t, at)
	second, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	_ = second.SetDeadline(time.Now().Add(patience))
	if n, err := second.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("the second connection gets %d bytes, %v", n, err)
	}
	first.Close()
	for begin := time.Now(); ; {
		conn, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		_, err = conn.Read(make([]byte, 1))
		conn.Close()
		if err == nil {
			return
		}
		if time.Since(begin) > patience {
			t.Fatalf("no room: %v", err)
		}
	}
}

// A member that falls ill gets no new connection from the next round on, and its old ones stay; names that are not found
// leave the members as they are.
func TestRounds(t *testing.T) {
	t.Parallel()
	target, health, members := group(t, false, "127.0.0.1", "127.0.0.2")
	addresses, fails := []string{"127.0.0.1", "127.0.0.2"}, error(nil)
	b, err := New(Config{Target: target, Health: health, Resolve: func(context.Context, string) ([]string, error) { return addresses, fails }})
	if err != nil {
		t.Fatal(err)
	}
	b.checkTimeout = patience
	_, port, _ := net.SplitHostPort(target)
	for _, tt := range []struct {
		name   string
		change func()
		want   []string // well, then ill
	}{
		{"both", func() {}, []string{"127.0.0.2", "127.0.0.1"}},
		{"one ill", func() { members[1].well.Store(false) }, []string{"127.0.0.1", "127.0.0.2"}},
		{"no name server", func() { addresses, fails = nil, errors.New("no answer") }, []string{"127.0.0.1", "127.0.0.2"}},
		{"one gone", func() { addresses, fails = []string{"127.0.0.2"}, nil }, []string{"127.0.0.2"}},
		{"well again", func() { members[1].well.Store(true) }, []string{"127.0.0.2"}},
	} {
		tt.change()
		b.round(t.Context())
		want := make([]string, len(tt.want))
		for i, address := range tt.want {
			want[i] = net.JoinHostPort(address, port)
		}
		if diff := cmp.Diff(want, b.candidates()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestNewTellsMistakes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ target, health, want string }{
		{"gateway", "http://gateway:1/", "target"},
		{"gateway:1", "https://gateway:1/", "health"},
		{"gateway:1", "http://other:1/", "health"},
		{"gateway:1", "http://gateway/", "health"},
	} {
		if _, err := New(Config{Target: tt.target, Health: tt.health}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s, %s: %v", tt.target, tt.health, err)
		}
	}
}
