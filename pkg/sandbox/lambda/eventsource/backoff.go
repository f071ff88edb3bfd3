package eventsource

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff is the pause after a failure: base, doubled after each further one up to cap, less up to a fifth of it so that
// shards which failed together do not retry together.
type backoff struct {
	base, cap time.Duration
	next      time.Duration
}

func (b *backoff) reset() { b.next = 0 }

func (b *backoff) wait(ctx context.Context) error {
	b.next = min(max(2*b.next, b.base), b.cap)
	pause := b.next - rand.N(b.next/5+1)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
