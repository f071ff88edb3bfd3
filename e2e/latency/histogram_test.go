package latency

import (
	"testing"
	"time"
)

func TestHistogram(t *testing.T) {
	t.Parallel()
	var h Histogram
	if got := h.Quantile(0.99); got != 0 {
		t.Errorf("of nothing %s", got)
	}
	for _, d := range []time.Duration{0, time.Microsecond, 7 * time.Microsecond, 999 * time.Microsecond, time.Second, time.Minute, time.Hour, 24 * time.Hour} {
		h = Histogram{}
		h.Add(d)
		got := h.Quantile(0.5)
		if low, high := min(d, time.Hour), max(d+d/perOctave, 2*time.Microsecond); got < low || got > high {
			t.Errorf("%s is told as %s, want %s to %s", d, got, low, high)
		}
	}
	h = Histogram{}
	for i := range 100 {
		h.Add(time.Duration(i+1) * time.Millisecond)
	}
	if got := h.Quantile(0.99); got < 99*time.Millisecond || got > 106*time.Millisecond {
		t.Errorf("p99 of 1 to 100 ms is %s", got)
	}
}
