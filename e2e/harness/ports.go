package harness

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

const (
	// Ports are chosen below those that Linux gives to outgoing connections (from
	// 32768): one of these could be taken while its owner is down.
	lowestPort, highestPort = 20000, 32000
	portAttempts            = 500
)

// ports hands out free loopback ports, each once.
type ports struct {
	mu    sync.Mutex // guards taken
	taken map[int]bool
}

// address returns a loopback address that nobody listens on.
func (p *ports) address(ctx context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range portAttempts {
		n := lowestPort + rand.IntN(highestPort-lowestPort)
		if p.taken[n] {
			continue
		}
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(n))
		lis, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
		if err != nil {
			continue
		}
		lis.Close()
		p.taken[n] = true
		return addr, nil
	}
	return "", fmt.Errorf("no free port between %d and %d", lowestPort, highestPort)
}
