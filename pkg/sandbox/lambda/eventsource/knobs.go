package eventsource

import "sync/atomic"

// knobs are what tests and chaos turn on a running poller.
type knobs struct{ duplicates atomic.Int64 }

// Duplicate makes the poller deliver the next n batches that succeed once more, as if their checkpoints had been lost;
// AWS promises no more than at least once.
func (p *Poller) Duplicate(n int) { p.knobs.duplicates.Add(int64(n)) }

// takeDuplicate tells whether a success has to be forgotten.
func (k *knobs) takeDuplicate() bool {
	for {
		left := k.duplicates.Load()
		if left <= 0 {
			return false
		}
		if k.duplicates.CompareAndSwap(left, left-1) {
			return true
		}
	}
}
