package redistest

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
)

// Switch is an address behind which one Redis takes the place of another, as after a
// failover.
type Switch struct {
	Addr string

	wg sync.WaitGroup

	mu     sync.Mutex // guards what follows
	target string
	conns  []net.Conn
}

// NewSwitch listens on loopback and hands connections on to target.
func NewSwitch(t testing.TB, target string) *Switch {
	t.Helper()
	lis, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Switch{Addr: lis.Addr().String(), target: target}
	s.wg.Go(func() {
		for {
			conn, err := lis.Accept()
			if err != nil {
				return
			}
			s.serve(conn)
		}
	})
	t.Cleanup(func() {
		lis.Close()
		s.To("")
		s.wg.Wait()
	})
	return s
}

// To cuts the connections; those that come from now on go to target.
func (s *Switch) To(target string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.target = target
	for _, c := range s.conns {
		c.Close()
	}
	s.conns = nil
}

func (s *Switch) serve(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	back, err := new(net.Dialer).DialContext(context.Background(), "tcp", s.target)
	if err != nil {
		conn.Close()
		return
	}
	s.conns = append(s.conns, conn, back)
	hand := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		to.Close()
		from.Close()
	}
	s.wg.Go(func() { hand(back, conn) })
	s.wg.Go(func() { hand(conn, back) })
}
