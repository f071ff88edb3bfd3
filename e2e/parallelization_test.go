package e2e

import (
	"context"
	"slices"
	"syscall"
	"testing"

	"github.com/spillway/spillway/e2e/harness"
)

// deaths is how often the consumer is killed in each of two ways.
const deaths = 5

// TestParallelization: where Lambda runs several batches of a shard at a time, a
// consumer that is killed neither loses a record nor appends one twice, and each
// partition key stays in order.
func TestParallelization(t *testing.T) {
	s := startSystem(t, 1, map[string]string{"ParallelizationFactor": "4"})
	// So that an append takes long enough for others beside it.
	slow := harness.Toxic{Type: "latency", Attributes: map[string]int{"latency": 50, "jitter": 40}, Up: true, Down: true}
	if err := s.ConsumerLink.Poison(slow); err != nil {
		t.Fatal(err)
	}
	r := receive(t, s)
	load := startLoad(t, s.AWS(), s.StreamName)
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	killed := 0
	for range deaths {
		// Redis has appended what the function will never know of.
		if err := s.Tap.Swallow(ctx, func() { killed += killBusy(t, s) }); err != nil {
			t.Fatal(err)
		}
		// And at any moment of its work. With one shard, only the factor makes it two.
		await(t, func() bool { return len(busy(s)) >= 2 }, "the functions never handle two batches at a time")
		killed += killBusy(t, s)
		r.more(t)
	}
	rounds := load.stop(t)
	t.Logf("%d records of %d keys; %d functions killed", rounds*loadKeys, loadKeys, killed)
	r.check(t, rounds)
	checkLog(t, s.Redis.Addr(), rounds)
	checkNothingGivenUp(t, s)
}

// busy returns the functions that handle a batch.
func busy(s *harness.System) []harness.Function {
	return slices.DeleteFunc(s.Functions(), func(f harness.Function) bool { return !f.Busy })
}

// killBusy kills the functions that handle a batch, and returns how many there were.
func killBusy(t *testing.T, s *harness.System) int {
	all := busy(s)
	for _, f := range all {
		if err := f.Signal(syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	}
	return len(all)
}
