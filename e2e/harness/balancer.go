package harness

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// probeInterval is how often the balancer asks the gateways for their health. A load
// balancer of AWS takes longer; the bench is not to wait for it.
const probeInterval = 200 * time.Millisecond

// balancer gives connections to the gateways that are ready, in turn; to any if none
// is, as a network load balancer does.
type balancer struct {
	gateways []*Gateway
	ready    []atomic.Bool
	turn     atomic.Uint64
	cancel   context.CancelFunc
	work     sync.WaitGroup
}

func newBalancer(gateways []*Gateway) *balancer {
	ctx, cancel := context.WithCancel(context.Background())
	b := &balancer{gateways: gateways, ready: make([]atomic.Bool, len(gateways)), cancel: cancel}
	for i := range gateways {
		b.work.Go(func() { b.watch(ctx, i) })
	}
	return b
}

func (b *balancer) watch(ctx context.Context, i int) {
	tick := time.NewTicker(probeInterval)
	defer tick.Stop()
	for {
		b.ready[i].Store(b.gateways[i].Ready(ctx))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// dial opens a connection to the next gateway.
func (b *balancer) dial(ctx context.Context) (net.Conn, error) {
	n := uint64(len(b.gateways))
	first := b.turn.Add(1)
	chosen := first % n
	for i := range n {
		if at := (first + i) % n; b.ready[at].Load() {
			chosen = at
			break
		}
	}
	return new(net.Dialer).DialContext(ctx, "tcp", b.gateways[chosen].ClientLink.Addr())
}

func (b *balancer) close() {
	b.cancel()
	b.work.Wait()
}
