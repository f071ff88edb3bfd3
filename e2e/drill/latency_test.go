package main

import (
	"testing"
	"time"
)

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
	if all.Count() != 3 || len(p99s) != 3 || p99s[1] < 2*time.Second || p99s[3] > 5*time.Second {
		t.Errorf("%d latencies, p99 of the slices %v", all.Count(), p99s)
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
