package deploy

import (
	"context"
	"math/rand/v2"
	"time"
)

// The range of the pause between two polls. The shortest suits a local cloud, where a call takes a millisecond; the longest
// is what CloudFormation's own clients use.
const (
	shortestPause = 50 * time.Millisecond
	longestPause  = 5 * time.Second
	// callsPerPause keeps the share of time spent asking small: the shortest pause is this many times as long as a call takes, so
	// that far endpoints, which throttle, are asked less often.
	callsPerPause = 20
	growth        = 1.5
)

// poll is the rhythm of asking again: at once, then after pauses that grow while nothing happens.
type poll struct {
	least, next time.Duration
	asked       bool
}

// took tells how long a call took.
func (p *poll) took(d time.Duration) {
	p.least = min(max(d*callsPerPause, shortestPause), longestPause)
	p.next = max(p.next, p.least)
}

// news makes the next pause short again.
func (p *poll) news() { p.next = p.least }

// wait pauses before the next call; the first call does not wait.
func (p *poll) wait(ctx context.Context) error {
	if !p.asked {
		p.asked = true
		return ctx.Err()
	}
	pause := max(p.next, shortestPause)
	p.next = min(time.Duration(float64(pause)*growth), longestPause)
	// Several deployments that began together must not go on asking together.
	pause += time.Duration((rand.Float64() - 0.5) * 0.4 * float64(pause))
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
