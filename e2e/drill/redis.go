package main

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"time"
)

// errNoRedis says that redis-server is not installed.
var errNoRedis = errors.New("redis-server is not installed")

// startRedis starts a redis-server that keeps everything in memory and has no limit. It
// returns the address.
func (g *ground) startRedis(ctx context.Context) (string, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return "", errNoRedis
	}
	addr, err := freeAddress(ctx)
	if err != nil {
		return "", err
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	p, err := g.start("redis-server", command{
		path: path, dir: g.dir,
		args: []string{"--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"},
	})
	if err != nil {
		return "", err
	}
	return addr, p.await(ctx, accepts(ctx, p, addr), "taking connections")
}

// accepts returns a channel that is closed once addr takes connections, as long as p
// lives.
func accepts(ctx context.Context, p *process, addr string) <-chan struct{} {
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
