package environment

import (
	"sync"
	"sync/atomic"
	"time"
)

// memoryPoll is how often the memory of a process that works is looked at: what it can take beyond its limit in that time
// is what a machine can hand out meanwhile.
const memoryPoll = 20 * time.Millisecond

// memory is what is known of the memory of a process.
type memory struct {
	peakMB   atomic.Int64
	exceeded atomic.Bool // it was killed for it
}

// watchMemory kills the process if it takes more memory than the function has, until the function that it returns is
// called. Children of the process are not counted.
func (e *environment) watchMemory() (stop func()) {
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		tick := time.NewTicker(memoryPoll)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				if e.usedMB() > e.fn.MemoryMB {
					e.memory.exceeded.Store(true)
					e.proc.Kill()
					return
				}
			}
		}
	})
	return func() {
		close(done)
		watch.Wait()
	}
}

// usedMB is the most memory that the process had, also when it is gone.
func (e *environment) usedMB() int {
	_, bytes, _ := e.proc.Memory()
	now := (bytes + 1<<20 - 1) >> 20
	for {
		peak := e.memory.peakMB.Load()
		if now <= peak {
			return int(peak)
		}
		if e.memory.peakMB.CompareAndSwap(peak, now) {
			return int(now)
		}
	}
}
