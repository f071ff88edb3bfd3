package sandbox

import (
	"sync"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/knobs"
)

// turnable is a clock that can be turned, as event source mappings want it: their
// timers fire when it is turned beyond them.
type turnable struct{ *knobs.Clock }

// NewTimer implements eventsource.Clock.
func (t turnable) NewTimer(d time.Duration) (fired <-chan time.Time, stop func()) {
	due, c, stopped := t.Now().Add(d), make(chan time.Time, 1), make(chan struct{})
	var once sync.Once
	go func() {
		for {
			turned, now := t.Changed(), t.Now()
			if !now.Before(due) {
				c <- now
				return
			}
			left := time.NewTimer(due.Sub(now))
			select {
			case <-left.C:
			case <-turned:
			case <-stopped:
				left.Stop()
				return
			}
			left.Stop()
		}
	}()
	return c, func() { once.Do(func() { close(stopped) }) }
}
