package client

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	// The wait before coming back is random between zero and a bound that starts at
	// backoffBase and doubles with every failure up to backoffCap.
	backoffBase = 250 * time.Millisecond
	backoffCap  = 30 * time.Second

	// A stream that was live for this long forgives the failures before it.
	stableAfter = 10 * time.Second

	// A gateway may ask for this much patience; a wish beyond it is a mistake.
	maxAskedWait = 5 * time.Minute
)

// backoff counts the failures in a row. The zero backoff is ready.
type backoff struct{ failures int }

// next returns how long to wait now: what the gateway asked for, then a random
// time, so that subscribers who lost the same gateway do not return at once.
func (b *backoff) next(asked, lived time.Duration) time.Duration {
	if lived >= stableAfter {
		b.failures = 0
	}
	bound := backoffCap
	if b.failures < 16 { // beyond, the shift is past any cap
		bound = min(backoffBase<<b.failures, backoffCap)
	}
	b.failures++
	return min(max(asked, 0), maxAskedWait) + rand.N(bound)
}

// sleep waits for d or until ctx is done, whose error it returns.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
