package gateway

import (
	"context"
	"net"
	"sync"

	"google.golang.org/grpc/peer"
)

// connections knows which connections are open, by the address of the peer. A stream
// that the guard has ended is still in the transport, with what it had to send: its
// place is given back when the client has closed the connection, lest a client that
// never reads fills the memory with one stream after the other.
type connections struct {
	mu   sync.Mutex
	open map[string]*connection
}

// connection is one whose end is told.
type connection struct {
	net.Conn
	all  *connections
	held []func() // what to call at the end; nil in all but a few
	end  sync.Once
}

// listener has the connections that it accepts known.
type listener struct {
	net.Listener
	conns *connections
}

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &connection{Conn: conn, all: l.conns}
	l.conns.mu.Lock()
	defer l.conns.mu.Unlock()
	l.conns.open[conn.RemoteAddr().String()] = c
	return c, nil
}

// Close implements net.Conn.
func (c *connection) Close() error {
	err := c.Conn.Close()
	c.end.Do(func() {
		c.all.mu.Lock()
		held := c.held
		if addr := c.RemoteAddr().String(); c.all.open[addr] == c {
			delete(c.all.open, addr)
		}
		c.all.mu.Unlock()
		for _, f := range held {
			f()
		}
	})
	return err
}

// hold has f called when the connection of a call ends. It returns false if that has
// happened, or the connection is not known.
func (c *connections) hold(ctx context.Context, f func()) bool {
	from, ok := peer.FromContext(ctx)
	if !ok {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	conn, ok := c.open[from.Addr.String()]
	if ok {
		conn.held = append(conn.held, f)
	}
	return ok
}
