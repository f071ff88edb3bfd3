package main

import (
	"slices"
	"sync"
	"time"
)

// record is one that Kinesis has acknowledged.
type record struct {
	id  uint64    // fingerprint of the event's id
	put time.Time // when the request began that was acknowledged
}

// truth is what Kinesis has acknowledged: for every chain, the records with the
// numbers from 1 on. It may be used concurrently.
type truth struct {
	mu     sync.Mutex // guards what follows
	chains [][]record
	count  int
}

func newTruth(chains int) *truth { return &truth{chains: make([][]record, chains)} }

// add notes the next record of a chain.
func (t *truth) add(chain int, r record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.chains[chain] = append(t.chains[chain], r)
	t.count++
}

// next is the number of the next record of a chain.
func (t *truth) next(chain int) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.chains[chain]) + 1
}

// total is how many records there are.
func (t *truth) total() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}

// records returns what there is of all chains.
func (t *truth) records() [][]record {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.chains)
}
