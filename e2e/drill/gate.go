package main

import (
	"context"
	"sync/atomic"
)

// gate holds who wants to pass while it is shut. Only one goroutine may shut and
// open it.
type gate struct{ shut atomic.Pointer[chan struct{}] }

func (g *gate) close() {
	opened := make(chan struct{})
	g.shut.Store(&opened)
}

func (g *gate) open() {
	if opened := g.shut.Swap(nil); opened != nil {
		close(*opened)
	}
}

// pass waits until the gate is open or ctx is done.
func (g *gate) pass(ctx context.Context) {
	opened := g.shut.Load()
	if opened == nil {
		return
	}
	select {
	case <-*opened:
	case <-ctx.Done():
	}
}
