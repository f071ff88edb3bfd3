package main

import (
	"slices"
	"sync"
	"time"

	"github.com/spillway/spillway/e2e/latency"
)

const (
	// minSlice and maxSlice bound the slices that a run's latencies are kept by, and
	// leastSlices is how many of them a phase has at least.
	minSlice    = time.Second
	maxSlice    = 5 * time.Second
	leastSlices = 8
)

// latencies are all of a run, by slices of its time. It may be used concurrently.
type latencies struct {
	begin time.Time
	slice time.Duration

	mu     sync.Mutex // guards slices
	slices []*latency.Histogram
}

func newLatencies(begin time.Time, slice time.Duration) *latencies {
	return &latencies{begin: begin, slice: slice}
}

// merge adds what was received in slice i.
func (l *latencies) merge(i int, h *latency.Histogram) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i >= len(l.slices) {
		l.slices = append(l.slices, new(latency.Histogram))
	}
	l.slices[i].Merge(h)
}

// recorder records for one goroutine, and shares what it has once a slice is over.
type recorder struct {
	to    *latencies
	index int
	own   latency.Histogram
}

func (r *recorder) add(received time.Time, took time.Duration) {
	if i := int(received.Sub(r.to.begin) / r.to.slice); i != r.index {
		r.flush()
		r.index = i
	}
	r.own.Add(took)
}

func (r *recorder) flush() {
	r.to.merge(r.index, &r.own)
	r.own = latency.Histogram{}
}

// between returns all latencies of the slices that are wholly between two moments,
// and the p99 of each by its number.
func (l *latencies) between(from, to time.Time) (*latency.Histogram, map[int]time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all latency.Histogram
	p99s := map[int]time.Duration{}
	for i, h := range l.slices {
		begin := l.begin.Add(time.Duration(i) * l.slice)
		if begin.Before(from) || begin.Add(l.slice).After(to) || h.Count() == 0 {
			continue
		}
		all.Merge(h)
		p99s[i] = h.Quantile(0.99)
	}
	return &all, p99s
}

// medianRatio returns the median over slices of how many times a is b, zero if they
// have no slice in common.
func medianRatio(a, b map[int]time.Duration) float64 {
	var ratios []float64
	for i, d := range a {
		if b[i] > 0 {
			ratios = append(ratios, float64(d)/float64(b[i]))
		}
	}
	if len(ratios) == 0 {
		return 0
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}
