package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
)

const (
	// knownTimeout is how long a connection may be open without a call that had a valid
	// token: it costs a place and some 30 KB, and only who may read is to have that.
	knownTimeout = 30 * time.Second
	// maxFailures is how many calls in a row a connection may make without a valid token:
	// a client that got a wrong one tries once or twice.
	maxFailures = 20
	// refusedInterval is how often a refused connection is logged: who is refused comes again
	// at once, and so do others.
	refusedInterval = time.Minute
	// networkBits is how much of an IPv6 address names a network, of which one customer
	// has all addresses.
	networkBits = 64
)

var errRefused = errors.New("too many connections")

// connections admits connections, within the limits of all and of each address, and
// knows those that are open by the address of the peer. A stream that the guard has
// ended is still in the transport, with what it had to send: its place is given back
// when the client has closed the connection, lest a client that never reads fills the
// memory with one stream after the other.
type connections struct {
	most      int // Unlimited: none
	addresses *meters
	metrics   *Metrics
	log       *slog.Logger

	mu     sync.Mutex // guards what follows
	count  int        // with those that are in their handshake
	open   map[string]*connection
	logged time.Time // when refuse last said why
}

// connection is one whose end is told.
type connection struct {
	net.Conn
	all     *connections
	address string
	since   time.Time
	known   atomic.Bool  // a call had a valid token
	refused atomic.Int32 // calls since, or so far, without one
	held    []func()     // what to call at the end; nil in all but a few
	end     sync.Once
}

// gate is the security of a transport behind the admission of connections.
type gate struct {
	credentials.TransportCredentials
	conns *connections
}

// Clone implements credentials.TransportCredentials.
func (g gate) Clone() credentials.TransportCredentials {
	return gate{g.TransportCredentials.Clone(), g.conns}
}

// ServerHandshake implements credentials.TransportCredentials. It runs in a goroutine of
// the connection's own, within connectTimeout.
func (g gate) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	if !g.conns.enter() {
		g.conns.refuse("too many in all", raw.RemoteAddr().String())
		return nil, nil, errRefused
	}
	address := addressOf(raw.RemoteAddr()) // with the PROXY protocol, this reads
	if !g.conns.addresses.connect(address) {
		g.conns.leave()
		g.conns.refuse("too many of the address", address)
		return nil, nil, errRefused
	}
	conn, info, err := g.TransportCredentials.ServerHandshake(raw)
	if err != nil {
		g.conns.addresses.disconnect(address)
		g.conns.leave()
		return nil, nil, err
	}
	return g.conns.add(conn, address), info, nil
}

// addressOf is what the limits of addresses go by.
func addressOf(addr net.Addr) string {
	at, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return addr.String() // no network's
	}
	ip := at.Addr().Unmap().WithZone("")
	if ip.Is6() {
		ip = netip.PrefixFrom(ip, networkBits).Masked().Addr()
	}
	return ip.String()
}

// enter counts a connection in.
func (c *connections) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.most >= 0 && c.count >= c.most {
		return false
	}
	c.count++
	c.metrics.connections.Inc()
	return true
}

// refuse counts a connection that is refused, and says why now and then: its client
// only sees it closed, and behind a balancer that hides addresses it may be everybody's.
func (c *connections) refuse(reason, address string) {
	c.metrics.refusedConnections.Inc()
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.logged) > refusedInterval {
		c.logged = now
		c.log.Warn("connections refused", "reason", reason, "address", address)
	}
}

func (c *connections) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count--
	c.metrics.connections.Dec()
}

func (c *connections) add(conn net.Conn, address string) *connection {
	one := &connection{Conn: conn, all: c, address: address, since: time.Now()}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[conn.RemoteAddr().String()] = one
	return one
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
		c.all.addresses.disconnect(c.address)
		c.all.leave()
	})
	return err
}

// of returns the connection of a call, nil if it is gone.
func (c *connections) of(ctx context.Context) *connection {
	from, ok := peer.FromContext(ctx)
	if !ok {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open[from.Addr.String()]
}

// hold has f called when the connection of a call ends. It returns false if that has
// happened.
func (c *connections) hold(ctx context.Context, f func()) bool {
	conn := c.of(ctx)
	if conn == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[conn.RemoteAddr().String()] != conn {
		return false
	}
	conn.held = append(conn.held, f)
	return true
}

// authenticated notes that a call had a valid token.
func (c *connection) authenticated() {
	if c != nil {
		c.known.Store(true)
		c.refused.Store(0)
	}
}

// failed notes that a call had none, and ends a connection on which that goes on.
func (c *connection) failed() {
	if c != nil && c.refused.Add(1) >= maxFailures {
		_ = c.Close() // whoever it is knows by now
	}
}

// sweep ends the connections of nobody who may read.
func (c *connections) sweep(now time.Time) {
	c.mu.Lock()
	var strangers []*connection
	for _, one := range c.open {
		if !one.known.Load() && now.Sub(one.since) > knownTimeout {
			strangers = append(strangers, one)
		}
	}
	c.mu.Unlock()
	for _, one := range strangers {
		_ = one.Close() // it has nothing that could be lost
	}
}
