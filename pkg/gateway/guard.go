package gateway

import (
	"context"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// guardInterval is how often streams are looked at: what they overstay at most.
const guardInterval = time.Second

// guard ends streams whose goroutine waits in vain for the subscriber to read, and so
// cannot end them itself. One goroutine looks at all of them: a timer for each would
// be set and cleared with every response.
type guard struct {
	mu    sync.Mutex
	pumps map[*pump]ender
}

// ender ends a call with a status, while its handler is sending. gRPC's server
// streams have it, though their public interface has not: that ends a call only when
// the handler returns, and a handler that is cancelled while it sends has the status
// CANCELLED, which says nothing.
type ender interface {
	WriteStatus(st *status.Status) error
}

// watch guards the stream of a call until the returned function is called.
func (g *guard) watch(ctx context.Context, p *pump) (done func()) {
	end, ok := grpc.ServerTransportStreamFromContext(ctx).(ender)
	if !ok {
		panic("gateway: this version of gRPC has no way to end a call") // tests see to it
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pumps[p] = end
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.pumps, p)
	}
}

// run looks at the streams until ctx ends.
func (g *guard) run(ctx context.Context, now func() time.Duration, stall time.Duration) {
	tick := time.NewTicker(guardInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			g.sweep(now(), stall)
		}
	}
}

// sweep ends the streams that have been sending for too long, or whose token has
// expired meanwhile.
func (g *guard) sweep(now, stall time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for p, call := range g.pumps {
		since := time.Duration(p.sending.Load())
		switch {
		case since == 0:
		case now-since > stall:
			p.end(call, comeBack(codes.Aborted, fmt.Sprintf("the subscriber took nothing for %s: subscribe again with the cursor", stall), retryAfter))
		case time.Since(p.id.Expires) > guardInterval:
			p.end(call, p.expiredStatus())
		}
	}
}

// end ends the call with a status, from outside of its handler.
func (p *pump) end(call ender, st error) {
	p.ended.Store(&st)
	_ = call.WriteStatus(status.Convert(st)) // an error is that of a connection that is gone
}
