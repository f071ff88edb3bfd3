package fanout

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	// replayShare is the part of all processors' time that those who replay read the log for, at
	// most, while somebody is live. What is read is then matched and sent, and leaves garbage,
	// which takes two or three times the processor's part of reading it, and Redis has its own: so
	// half of a machine or less is taken.
	replayShare = 0.25
	// longestTurn is more than a page takes on a processor that is free: who takes longer to read it
	// waits for Redis, and holds up nobody else meanwhile.
	longestTurn = 3 * time.Millisecond
	// minRest is the shortest rest, which turns are collected up to: the timers of an idle
	// process are as exact as a millisecond.
	minRest = 2 * time.Millisecond
	// calmAfter is how long nothing has been due for those who are live when those who replay
	// go on: what it takes to send it to some hundred streams.
	calmAfter = 3 * time.Millisecond
	// standBack is for how long those who replay wait for that, at most, each time: they get on
	// beside a feed that never pauses, too.
	standBack = 5 * time.Millisecond
)

// audience is the subscriptions of a hub, and what those who replay owe those who are live.
// What has to be done at once for the latter, in this process or in Redis, would stand behind
// all that is done for the former. So, while anybody is live, reads of the log take turns, one
// or a few at a time. A turn begins when nothing is due for those who are live, and has a rest
// after it was used, so that there is time in which nobody uses one; the rest is longer the
// longer the use was, as it is on a machine that is busy.
type audience struct {
	began     time.Time
	all       atomic.Int64
	replaying atomic.Int64 // of all: those that hold something of the log, or are about to
	dueAt     atomic.Int64 // when something was last due for the others, in nanoseconds since began

	turns chan time.Duration // those that are not taken, as the rest that each has yet to have
	rest  float64            // for a time of use
}

// turn is one of the turns to read, while it is taken; the zero turn is none.
type turn struct {
	of    *audience
	begun time.Time
	over  *time.Timer // after longestTurn
	owed  time.Duration
}

// newAudience returns the audience of a hub that has so many processors.
func newAudience(processors int) *audience {
	busy := replayShare * float64(processors)
	count := max(1, int(busy))
	a := &audience{began: time.Now(), turns: make(chan time.Duration, count), rest: max(0, float64(count)/busy-1)}
	for range count {
		a.turns <- 0
	}
	return a
}

// live tells whether there are subscriptions that do not replay.
func (a *audience) live() bool { return a.all.Load() > a.replaying.Load() }

// due notes that there is something to be done for those who are live.
func (a *audience) due() { a.dueAt.Store(int64(time.Since(a.began))) }

// turn waits until who replays may read, or ctx ends. The turn is to be ended.
func (a *audience) turn(ctx context.Context) turn {
	if !a.live() {
		return turn{}
	}
	select {
	case owed := <-a.turns:
		a.calm(ctx)
		over := time.AfterFunc(longestTurn, func() { a.pass(owed, longestTurn) })
		return turn{of: a, begun: time.Now(), over: over, owed: owed}
	case <-ctx.Done():
		return turn{}
	}
}

// calm waits until nothing is due for those who are live, but not for long.
func (a *audience) calm(ctx context.Context) {
	for end := time.Now().Add(standBack); a.live() && ctx.Err() == nil; {
		left := calmAfter - (time.Since(a.began) - time.Duration(a.dueAt.Load()))
		if left = min(left, time.Until(end)); left <= 0 {
			return
		}
		pause(ctx, left)
	}
}

// end gives the turn to others, if that has not been done.
func (t turn) end() {
	if t.of != nil && t.over.Stop() {
		t.of.pass(t.owed, time.Since(t.begun))
	}
}

// pass gives a turn to others that owed a rest, and owes more for a time of use, once it had it.
func (a *audience) pass(owed, used time.Duration) {
	if owed += time.Duration(a.rest * float64(used)); owed < minRest {
		a.turns <- owed
		return
	}
	time.AfterFunc(owed, func() { a.turns <- 0 })
}
