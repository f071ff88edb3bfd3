package main

import (
	"context"
	"time"
)

// pace spreads records evenly over time and ends them after a while.
type pace struct {
	interval time.Duration // between two records; zero: none
	start    time.Time     // when the first record was due
	n        int64
	end      time.Time // zero: never
}

// newPace starts now. Zero values mean no limit.
func newPace(rate float64, duration time.Duration) *pace {
	p := &pace{start: time.Now()}
	if rate > 0 {
		p.interval = time.Duration(float64(time.Second) / rate)
	}
	if duration > 0 {
		p.end = p.start.Add(duration)
	}
	return p
}

// wait returns true when the next record is due, and false when there is to be
// none, or ctx is done. Records that are late come at once, so that the rate holds
// over time.
func (p *pace) wait(ctx context.Context) bool {
	due := p.start.Add(time.Duration(p.n) * p.interval)
	p.n++
	if now := time.Now(); due.Before(now) {
		due = now
	}
	if !p.end.IsZero() && !due.Before(p.end) {
		return false
	}
	delay := time.Until(due)
	if delay <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
