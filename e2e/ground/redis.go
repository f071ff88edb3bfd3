package ground

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"time"
)

// ErrNoRedis says that redis-server is not installed.
var ErrNoRedis = errors.New("redis-server is not installed")

// StartRedis starts a redis-server that keeps everything in memory and has no limit, with
// further arguments. It returns the address.
func (g *Ground) StartRedis(ctx context.Context, name string, args ...string) (*Process, string, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, "", ErrNoRedis
	}
	addr, err := g.Ports.Address(ctx)
	if err != nil {
		return nil, "", err
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, "", err
	}
	p, err := g.Start(name, Command{
		Path: path, Dir: g.Dir,
		Args: append([]string{"--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"}, args...),
	})
	if err != nil {
		return nil, "", err
	}
	return p, addr, p.Await(ctx, accepts(ctx, p, addr), "taking connections")
}

// accepts returns a channel that is closed once addr takes connections, as long as p
// lives.
func accepts(ctx context.Context, p *Process, addr string) <-chan struct{} {
	ready := make(chan struct{})
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			if conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr); err == nil {
				conn.Close()
				close(ready)
				return
			}
			select {
			case <-tick.C:
			case <-p.done:
				return
			case <-ctx.Done():
				return
			}
		}
	}()
	return ready
}
