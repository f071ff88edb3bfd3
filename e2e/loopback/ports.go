// Package loopback finds addresses of this machine to listen on, for programs that
// cannot choose one themselves or have to keep theirs while they are down.
package loopback

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

// Ports hands out free ports, each once. Its zero value is ready; it may be used
// concurrently.
type Ports struct {
	mu    sync.Mutex // guards taken
	taken map[int]bool
}

// Address returns a loopback address that nobody listens on.
func (p *Ports) Address(ctx context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken == nil {
		p.taken = map[int]bool{}
	}
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
