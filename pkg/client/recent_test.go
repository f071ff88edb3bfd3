package client

import (
	"strconv"
	"testing"
	"time"
)

func TestRecentForgetsTheOldest(t *testing.T) {
	t.Parallel()
	const limit = 5
	r := newRecent(limit)
	for n := range 23 {
		if r.has(strconv.Itoa(n)) {
			t.Errorf("has %d before it was added", n)
		}
		r.add(strconv.Itoa(n))
		for m := range n + 1 {
			if got, want := r.has(strconv.Itoa(m)), m > n-limit; got != want {
				t.Errorf("after %d: has(%d) = %v, want %v", n, m, got, want)
			}
		}
	}
	if len(r.seen) != limit {
		t.Errorf("remembers %d ids, want %d", len(r.seen), limit)
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	var b backoff
	for n := range 100 {
		bound := backoffCap
		if n < 7 {
			bound = backoffBase << n
		}
		if wait := b.next(time.Second, 0); wait < time.Second || wait >= time.Second+bound {
			t.Errorf("wait %d = %v, want 1 s to %v more", n, wait, bound)
		}
	}
	if wait := b.next(time.Hour, stableAfter); wait < maxAskedWait || wait >= maxAskedWait+backoffBase {
		t.Errorf("after a stable stream: %v, want the first back-off after the longest wait that is granted", wait)
	}
	if wait := b.next(-time.Hour, stableAfter); wait < 0 {
		t.Errorf("wait = %v", wait)
	}
}
