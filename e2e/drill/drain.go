package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/spillway/spillway/e2e/ground"
)

const (
	// afterglow is how long the feed goes on once the gateway has gone.
	afterglow = 3 * time.Second
	// grace is what the gateway may take to end after its drain window. With the
	// longest window it makes the 120 s that Fargate gives.
	grace = 10 * time.Second
	// drainTopics are few, so that an append comes as few responses: a thousand
	// subscribers get each of them.
	drainTopics = 4
	drainEvery  = 100 * time.Millisecond
	drainBytes  = 100
)

// drain moves streams off a gateway that is told to end while events flow.
func drain(ctx context.Context, g *ground.Ground, s settings) (*drained, error) {
	var b balancer
	old, err := g.StartGateway(ctx, "gateway a", "SPILLWAY_DRAIN_WINDOW="+s.Window.String())
	if err != nil {
		return nil, err
	}
	b.use(old)
	c := newCrowd(&feed{log: g.Log, rate: s.DrainRate, every: drainEvery, topics: drainTopics, size: drainBytes})
	defer c.close()
	if err := c.gather(g, s.Streams, &b); err != nil {
		return nil, err
	}
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	fresh, err := g.StartGateway(ctx, "gateway b")
	if err != nil {
		return nil, err
	}
	d := &drained{streams: s.Streams, window: s.Window}
	b.use(fresh) // as a load balancer does when a gateway begins to end
	told := time.Now()
	if err := old.Signal(syscall.SIGTERM); err != nil {
		return nil, err
	}
	if d.left, err = c.until(s.Window+2*grace, old.Ended); err != nil {
		return nil, err
	}
	d.took, d.exit = time.Since(told), old.Exit()
	if err := c.wait(afterglow); err != nil {
		return nil, err
	}
	if err := c.end(); err != nil {
		return nil, err
	}
	d.raced = g.Raced()
	for _, r := range c.readers {
		d.count(r, told)
	}
	d.events = int(c.feed.appended.Load())
	for _, r := range c.readers {
		d.got.add(&r.tally, d.events)
	}
	return d, nil
}

// drained is what the drill of that name has found.
type drained struct {
	streams, events int
	window          time.Duration
	left            bool          // the gateway has ended by itself
	took            time.Duration // from the signal
	exit, raced     error

	got      sum
	repeated int64              // events that came again, which the SDK has dropped
	returns  []time.Duration    // from the signal, of all that came back
	away     []time.Duration    // how long each was without a subscription
	partings map[codes.Code]int // by what the gateway said
	moves    map[int]int        // how many streams came back so many times
}

// count counts a reader that has ended.
func (d *drained) count(r *reader, told time.Time) {
	if d.partings == nil {
		d.partings, d.moves = map[codes.Code]int{}, map[int]int{}
	}
	d.repeated += r.stream.Repeated()
	d.moves[len(r.arrivals)-1]++
	for i, p := range r.partings {
		d.partings[p.why]++
		if i+1 < len(r.arrivals) {
			back := r.arrivals[i+1]
			d.returns = append(d.returns, back.Sub(told))
			d.away = append(d.away, back.Sub(p.at))
		}
	}
}

// spread counts the returns by the tenth of the window that they were in; the last
// ones are those after the window.
func (d *drained) spread() [11]int {
	var tenths [11]int
	for _, at := range d.returns {
		i := 10
		if at < d.window {
			i = max(0, int(10*at/d.window))
		}
		tenths[i]++
	}
	return tenths
}

// check implements result.
func (d *drained) check() error {
	errs := []error{d.got.check(), d.raced}
	limit := min(d.window+grace, 2*time.Minute)
	if !d.left || d.exit != nil || d.took > limit {
		errs = append(errs, fmt.Errorf("the gateway ended: %t, after %s, %s, want within %s, exit status 0", d.left, d.took, exitText(d.exit), limit))
	}
	if d.moves[1] != d.streams {
		errs = append(errs, fmt.Errorf("streams by how often they moved: %v, want all %d of them once", d.moves, d.streams))
	}
	if d.partings[codes.Unavailable] != d.streams {
		errs = append(errs, fmt.Errorf("streams ended with %v, want %d UNAVAILABLE", d.partings, d.streams))
	}
	for i, n := range d.spread() {
		if 3*n > d.streams {
			errs = append(errs, fmt.Errorf("%d of %d streams came back in tenth %d of the window, want no more than a third", n, d.streams, i+1))
		}
	}
	return errors.Join(errs...)
}
