// Package latency counts latencies.
//
// A [Histogram] is a value: its zero value is empty, and it belongs to one goroutine.
package latency

import (
	"math/bits"
	"time"
)

const (
	// perOctave is how many buckets a histogram has from a time to twice that time:
	// what it tells is at most 1/64 too long.
	perOctave = 64
	octaves   = 32 // from a microsecond to an hour
)

// Histogram counts latencies from a microsecond to an hour.
type Histogram [octaves * perOctave]int64

// Add counts a latency.
func (h *Histogram) Add(d time.Duration) {
	us := uint64(max(1, d.Microseconds()))
	octave := bits.Len64(us) - 1
	if octave >= octaves {
		h[len(h)-1]++
		return
	}
	h[octave*perOctave+int(us*perOctave>>octave)-perOctave]++
}

// Merge adds what other has counted.
func (h *Histogram) Merge(other *Histogram) {
	for i, n := range other {
		h[i] += n
	}
}

// Count is how many there are.
func (h *Histogram) Count() int64 {
	var n int64
	for _, c := range h {
		n += c
	}
	return n
}

// Quantile returns a time that a share q of all latencies is not longer than; zero
// if there are none.
func (h *Histogram) Quantile(q float64) time.Duration {
	want := int64(q * float64(h.Count()))
	var n int64
	for i, c := range h {
		if n += c; c > 0 && n >= want {
			octave, part := i/perOctave, i%perOctave
			return time.Duration(float64(uint64(1)<<octave) * (1 + float64(part+1)/perOctave) * float64(time.Microsecond))
		}
	}
	return 0
}
