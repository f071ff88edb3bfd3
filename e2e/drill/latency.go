package main

import (
	"math/bits"
	"slices"
	"sync"
	"time"
)

const (
	// perOctave is how many buckets a histogram has from a time to twice that time:
	// what it tells is at most a sixteenth too long.
	perOctave = 16
	octaves   = 32 // from a microsecond to an hour
	// minSlice and maxSlice bound the slices that a run's latencies are kept by, and
	// leastSlices is how many of them a phase has at least.
	minSlice    = time.Second
	maxSlice    = 5 * time.Second
	leastSlices = 8
)

// histogram counts latencies.
type histogram [octaves * perOctave]int64

func (h *histogram) add(d time.Duration) {
	us := uint64(max(1, d.Microseconds()))
	octave := bits.Len64(us) - 1
	if octave >= octaves {
		h[len(h)-1]++
		return
	}
	h[octave*perOctave+int(us*perOctave>>octave)-perOctave]++
}

func (h *histogram) merge(other *histogram) {
	for i, n := range other {
		h[i] += n
	}
}

func (h *histogram) count() int64 {
	var n int64
	for _, c := range h {
		n += c
	}
	return n
}

// quantile returns a time that a share q of all latencies is not longer than; zero
// if there are none.
func (h *histogram) quantile(q float64) time.Duration {
	want := int64(q * float64(h.count()))
	var n int64
	for i, c := range h {
		if n += c; c > 0 && n >= want {
			octave, part := i/perOctave, i%perOctave
			return time.Duration(float64(uint64(1)<<octave) * (1 + float64(part+1)/perOctave) * float64(time.Microsecond))
		}
	}
	return 0
}

// latencies are all of a run, by slices of its time. It may be used concurrently.
type latencies struct {
	begin time.Time
	slice time.Duration

	mu     sync.Mutex // guards slices
	slices []*histogram
}

func newLatencies(begin time.Time, slice time.Duration) *latencies {
	return &latencies{begin: begin, slice: slice}
}

// merge adds what was received in slice i.
func (l *latencies) merge(i int, h *histogram) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i >= len(l.slices) {
		l.slices = append(l.slices, new(histogram))
	}
	l.slices[i].merge(h)
}

// recorder records for one goroutine, and shares what it has once a slice is over.
type recorder struct {
	to    *latencies
	index int
	own   histogram
}

func (r *recorder) add(received time.Time, latency time.Duration) {
	if i := int(received.Sub(r.to.begin) / r.to.slice); i != r.index {
		r.flush()
		r.index = i
	}
	r.own.add(latency)
}

func (r *recorder) flush() {
	r.to.merge(r.index, &r.own)
	r.own = histogram{}
}

// between returns all latencies of the slices that are wholly between two moments,
// and the p99 of each by its number.
func (l *latencies) between(from, to time.Time) (*histogram, map[int]time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all histogram
	p99s := map[int]time.Duration{}
	for i, h := range l.slices {
		begin := l.begin.Add(time.Duration(i) * l.slice)
		if begin.Before(from) || begin.Add(l.slice).After(to) || h.count() == 0 {
			continue
		}
		all.merge(h)
		p99s[i] = h.quantile(0.99)
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
