package main

import (
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func somePlan(seed uint64, faults int) plan {
	return plan{seed: seed, records: 100_000, faults: faults, kinds: allKinds(), gateways: 3, subscribers: 13}
}

func TestScheduleFollowsFromTheSeed(t *testing.T) {
	t.Parallel()
	first := schedule(somePlan(7, 50))
	if diff := cmp.Diff(first, schedule(somePlan(7, 50))); diff != "" {
		t.Errorf("the same seed:\n%s", diff)
	}
	if cmp.Equal(first, schedule(somePlan(8, 50))) {
		t.Error("another seed gives the same schedule")
	}
}

// TestScheduleHasEveryKind: whatever the seed is.
func TestScheduleHasEveryKind(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		faults := schedule(somePlan(seed, len(allKinds())))
		for _, k := range allKinds() {
			if !slices.ContainsFunc(faults, func(f fault) bool { return f.Kind == k }) {
				t.Fatalf("seed %d: no %s among %d faults", seed, k, len(faults))
			}
		}
	}
}

// TestScheduleIsWithinBounds: faults come in their order while records are put, with
// parameters that mean something.
func TestScheduleIsWithinBounds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		p := somePlan(seed, 100)
		last := 0
		for _, f := range schedule(p) {
			if f.At < last || f.At < int(firstPart*float64(p.records)) || f.At > int(lastPart*float64(p.records)) {
				t.Fatalf("seed %d: %s at %d, after one at %d", seed, f, f.At, last)
			}
			last = f.At
			limit := map[kind]int{gatewayKilled: p.gateways, subscriberStopped: p.subscribers}[f.Kind]
			if limit == 0 {
				limit = links(p.gateways)
			}
			if f.Hold <= 0 || f.Target < 0 || f.Target >= limit || !f.Up && !f.Down || f.Rate < 1 || f.Size < 2 {
				t.Fatalf("seed %d: %+v", seed, f)
			}
		}
	}
}

func TestScheduleOfSomeKinds(t *testing.T) {
	t.Parallel()
	p := somePlan(1, 30)
	p.kinds = []kind{linkCut, redisLost}
	for _, f := range schedule(p) {
		if !slices.Contains(p.kinds, f.Kind) {
			t.Errorf("a fault of kind %s", f.Kind)
		}
	}
	if p.faults = 0; len(schedule(p)) != 0 {
		t.Error("faults although there are to be none")
	}
}

// TestEveryKindIsDone: each has its own words and something that does it.
func TestEveryKindIsDone(t *testing.T) {
	t.Parallel()
	c := &conductor{}
	c.gateways, c.linkLocks = make([]sync.Mutex, 3), make([]sync.Mutex, 7)
	said := map[string]kind{}
	for _, k := range allKinds() {
		f := fault{Kind: k, Up: true}
		if run, _ := c.deed(f); run == nil {
			t.Errorf("nothing does %s", k)
		}
		if other, ok := said[f.String()]; ok {
			t.Errorf("%s and %s are both told as %q", k, other, f)
		}
		said[f.String()] = k
		if toxic := f.toxic(); slices.Contains([]kind{linkNarrow, linkReset, linkSilent, linkSliced, linkSlow}, k) != (toxic.Type != "") {
			t.Errorf("%s is the toxic %q", k, toxic.Type)
		}
	}
}
