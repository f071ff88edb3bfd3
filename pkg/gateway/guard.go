package gateway

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	// guardInterval is how often streams are looked at: by so much a heartbeat comes early,
	// and an end late. Ten thousand streams take half a millisecond.
	guardInterval = 100 * time.Millisecond
	// endGrace is how long a stream may take to end by itself, with a last cursor. With
	// guardInterval, none outlives its token by a second.
	endGrace = 500 * time.Millisecond
)

// guard knows the streams. It tells them when something is due, and ends those that
// cannot end themselves since their goroutine waits in vain, for the subscriber to read or
// for the log. One goroutine looks at all of them: timers for each would cost memory, and
// be set and cleared with every response.
type guard struct {
	mu    sync.Mutex // guards what follows
	pumps map[*pump]ender
	byID  map[string]*pump
}

func newGuard() guard {
	return guard{pumps: map[*pump]ender{}, byID: map[string]*pump{}}
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
	g.byID[p.id] = p
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.pumps, p)
		delete(g.byID, p.id)
	}
}

// find returns a client's stream, nil if there is none of that id.
func (g *guard) find(clientID, id string) *pump {
	g.mu.Lock()
	defer g.mu.Unlock()
	if p := g.byID[id]; p != nil && p.client == clientID {
		return p
	}
	return nil
}

// streams returns all that there are.
func (g *guard) streams() []*pump {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Collect(maps.Keys(g.pumps))
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

// sweep ends the streams that have been sending for too long, and those that should
// have ended and have not.
func (g *guard) sweep(now, stall time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	clock := time.Now()
	for p, call := range g.pumps {
		if p.wants(now, clock) {
			p.attend()
		}
		since := time.Duration(p.sending.Load())
		gone := p.dismissed.Load()
		switch {
		case since != 0 && now-since > stall:
			p.end(call, since, comeBack(codes.Aborted, fmt.Sprintf("the subscriber took nothing for %s: subscribe again with the cursor", stall), retryAfter))
		case gone != nil && now-gone.at > endGrace:
			p.end(call, since, gone.status)
		case clock.Sub(p.token.Load().Expires) > endGrace:
			p.end(call, since, p.expiredStatus())
		}
	}
}

// end ends the call with a status, from outside of its handler.
func (p *pump) end(call ender, sending time.Duration, st error) {
	p.ended.Store(&ended{status: st, stalled: sending != 0})
	_ = call.WriteStatus(status.Convert(st)) // an error is that of a connection that is gone
}
