package client

import (
	"sync"

	"google.golang.org/grpc"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// callsPerConnection is how many calls share a connection: gateways grant 1,000, beyond
// which gRPC has a call wait in silence. The rest is for renewals.
const callsPerConnection = 900

// connection is one gRPC connection and how many calls use it.
type connection struct {
	cc   *grpc.ClientConn
	stub spillwayv1.StreamServiceClient
	uses int
}

// connections hands out one shared connection until it is full. One that failed, or whose
// gateway drains, is retired: it serves the calls that it has, and whoever
// comes next gets a new one. A load balancer picks a gateway per connection, so
// that a call on the old one could only arrive where it has just been sent away.
type connections struct {
	dial func() (*grpc.ClientConn, error)

	mu      sync.Mutex // guards what follows and every connection's uses
	current *connection
	open    map[*connection]struct{}
	closed  bool
}

func newConnections(dial func() (*grpc.ClientConn, error)) *connections {
	return &connections{dial: dial, open: make(map[*connection]struct{})}
}

// acquire returns the current connection; release it after use.
func (c *connections) acquire() (*connection, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	if c.current == nil || c.current.uses >= callsPerConnection {
		cc, err := c.dial() // does not wait: gRPC connects with the first call
		if err != nil {
			return nil, err
		}
		c.current = &connection{cc: cc, stub: spillwayv1.NewStreamServiceClient(cc)}
		c.open[c.current] = struct{}{}
	}
	c.current.uses++
	return c.current, nil
}

func (c *connections) release(conn *connection) {
	c.mu.Lock()
	conn.uses--
	idle := conn.uses == 0 && conn != c.current
	if idle {
		delete(c.open, conn)
	}
	c.mu.Unlock()
	if idle {
		_ = conn.cc.Close() // it has an error only for what is closed
	}
}

// retire makes the next acquire open a new connection, unless conn has been
// replaced already.
func (c *connections) retire(conn *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current == conn {
		c.current = nil
	}
}

func (c *connections) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// close ends every connection and the calls on it.
func (c *connections) close() {
	c.mu.Lock()
	open := c.open
	c.closed, c.current, c.open = true, nil, nil
	c.mu.Unlock()
	for conn := range open {
		_ = conn.cc.Close() // it has an error only for what is closed
	}
}
