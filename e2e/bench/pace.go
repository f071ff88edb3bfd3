package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// feedBatch is how many events are fed at once, if the rate allows: a batch of Kinesis.
	feedBatch = 100
	// shortestTick is how often a feeder looks whether it may go on.
	shortestTick = time.Millisecond
)

// pace says how fast events are fed. One of the first three is set.
type pace struct {
	Rate     int   // events a second, as evenly as Batch allows
	InFlight int   // as many as the slowest subscriber may be behind
	Events   int64 // so many, as fast as they go
	Batch    int   // at once, at most
}

// due returns how many events are to be fed now, of which fed have been in a time, and
// the slowest subscriber has got some.
func (p pace) due(elapsed time.Duration, fed, got int64) int64 {
	switch {
	case p.Rate > 0:
		return int64(elapsed.Seconds()*float64(p.Rate)) - fed
	case p.InFlight > 0:
		if free := int64(p.InFlight) - (fed - got); free >= int64(p.Batch) {
			return free
		}
		return 0
	}
	return p.Events - fed
}

// tick is how often to look.
func (p pace) tick() time.Duration {
	if p.Rate == 0 {
		return shortestTick
	}
	return max(shortestTick, time.Duration(float64(p.Batch)/float64(p.Rate)*float64(time.Second)))
}

// feeder feeds a source at a pace, when it is told to.
type feeder struct {
	feed     func(ctx context.Context, count int) error
	progress string // socket of the load

	fed    atomic.Int64
	failed atomic.Pointer[error]

	stop    context.CancelFunc // nil: it does not run
	running sync.WaitGroup
}

// fedSoFar is what a feeder tells of itself.
type fedSoFar struct{ Events int64 }

// handle is a handler: start with a pace, mark, and stop.
func (f *feeder) handle(ctx context.Context, do string, args json.RawMessage) (any, error) {
	switch do {
	case "start":
		var p pace
		if err := json.Unmarshal(args, &p); err != nil {
			return nil, err
		}
		return fedSoFar{}, f.start(ctx, p)
	case "stop":
		if f.stop != nil {
			f.stop()
			f.running.Wait()
			f.stop = nil
		}
	case "mark":
	default:
		return nil, fmt.Errorf("cannot %s", do)
	}
	if err := f.failed.Load(); err != nil {
		return nil, *err
	}
	return fedSoFar{f.fed.Load()}, nil
}

func (f *feeder) start(ctx context.Context, p pace) error {
	if f.stop != nil {
		return errors.New("it runs already")
	}
	ctx, f.stop = context.WithCancel(ctx)
	got := &progress{}
	if p.InFlight > 0 {
		var err error
		if got, err = followProgress(ctx, f.progress); err != nil {
			return err
		}
	}
	f.running.Go(func() {
		if err := f.run(ctx, p, got); err != nil && ctx.Err() == nil {
			f.failed.Store(&err)
		}
	})
	return nil
}

// run feeds until ctx ends, or all is fed.
func (f *feeder) run(ctx context.Context, p pace, got *progress) error {
	tick := time.NewTicker(p.tick())
	defer tick.Stop()
	begin, base := time.Now(), f.fed.Load()
	for {
		fed := f.fed.Load() - base
		if p.Events > 0 && fed >= p.Events {
			return nil
		}
		due := p.due(time.Since(begin), fed, got.events.Load())
		if due <= 0 {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
				continue
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		count := min(due, int64(p.Batch))
		if err := f.feed(context.WithoutCancel(ctx), int(count)); err != nil {
			return err
		}
		f.fed.Add(count)
	}
}
