package main

import (
	"testing"
	"time"
)

func TestHistogram(t *testing.T) {
	t.Parallel()
	var h histogram
	if got := h.quantile(0.99); got != 0 {
		t.Errorf("of nothing %s", got)
	}
	for _, d := range []time.Duration{0, time.Microsecond, 7 * time.Microsecond, 999 * time.Microsecond, time.Second, time.Minute, time.Hour, 24 * time.Hour} {
		h = histogram{}
		h.add(d)
		got := h.quantile(0.5)
		if low, high := min(d, time.Hour), max(d+d/perOctave, 2*time.Microsecond); got < low || got > high {
			t.Errorf("%s is told as %s, want %s to %s", d, got, low, high)
		}
	}
	h = histogram{}
	for i := range 100 {
		h.add(time.Duration(i+1) * time.Millisecond)
	}
	if got := h.quantile(0.99); got < 99*time.Millisecond || got > 106*time.Millisecond {
		t.Errorf("p99 of 1 to 100 ms is %s", got)
	}
}

func TestLatenciesBetween(t *testing.T) {
	t.Parallel()
	l := newLatencies(time.Now(), time.Second)
	r := recorder{to: l}
	at := func(s float64) time.Time { return l.begin.Add(time.Duration(s * float64(time.Second))) }
	for i := range 5 {
		r.add(at(float64(i)+0.5), time.Duration(i+1)*time.Second)
	}
	r.flush()
	all, p99s := l.between(at(0.9), at(4.1)) // the slices that begin at 1, 2 and 3 s
	if all.count() != 3 || len(p99s) != 3 || p99s[1] < 2*time.Second || p99s[3] > 5*time.Second {
		t.Errorf("%d latencies, p99 of the slices %v", all.count(), p99s)
	}
	if got := median(p99s); got != p99s[2] {
		t.Errorf("median of %v is %s", p99s, got)
	}
	half := map[int]time.Duration{1: p99s[1] / 2, 2: p99s[2] / 2, 9: 1}
	if got := medianRatio(p99s, half); got < 1.9 || got > 2.1 {
		t.Errorf("%v is %.2f times %v", p99s, got, half)
	}
	if got := medianRatio(p99s, nil); got != 0 {
		t.Errorf("%.2f times nothing", got)
	}
}
