package main

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/spillway/spillway/e2e/ground"
)

// balancer chooses a gateway for every new connection, as a load balancer does: in
// turn, and never one that was taken out. It may be used concurrently.
type balancer struct {
	mu    sync.Mutex // guards what follows
	addrs []string
	next  int
}

// use makes gateways the only ones to choose from.
func (b *balancer) use(gateways ...*ground.Gateway) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.addrs = nil
	for _, gw := range gateways {
		b.addrs = append(b.addrs, gw.Addr)
	}
}

func (b *balancer) choose() (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.addrs) == 0 {
		return "", errors.New("the load balancer has no gateway")
	}
	b.next++
	return b.addrs[b.next%len(b.addrs)], nil
}

// dial implements client.Config.Dial.
func (b *balancer) dial(ctx context.Context, _ string) (net.Conn, error) {
	addr, err := b.choose()
	if err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, "tcp", addr)
}
