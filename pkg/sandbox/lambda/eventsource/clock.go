package eventsource

import (
	"context"
	"time"
)

// Clock is the time that a poller lives in: the age of records, batching and tumbling windows, pauses. All its methods may
// be called concurrently.
type Clock interface {
	Now() time.Time
	// NewTimer returns a channel that gets the time once d has passed, and what releases the timer before.
	NewTimer(d time.Duration) (fired <-chan time.Time, stop func())
}

// RealTime is the [Clock] of the machine.
type RealTime struct{}

// Now implements [Clock].
func (RealTime) Now() time.Time { return time.Now() }

// NewTimer implements [Clock].
func (RealTime) NewTimer(d time.Duration) (fired <-chan time.Time, stop func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}

// sleep waits for d, or until ctx ends, whose error it returns then.
func sleep(ctx context.Context, clock Clock, d time.Duration) error {
	fired, stop := clock.NewTimer(d)
	defer stop()
	select {
	case <-fired:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// until returns a context that ends when d has passed on the clock, and what releases it.
func until(ctx context.Context, clock Clock, d time.Duration) (context.Context, context.CancelFunc) {
	limited, cancel := context.WithCancel(ctx)
	fired, stop := clock.NewTimer(d)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-fired:
			cancel()
		case <-limited.Done():
		}
	}()
	return limited, func() {
		cancel()
		stop()
		<-ended
	}
}
