package eventlogtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/eventlog"
)

func mustRefill(t *testing.T, l *eventlog.Log, run, since string, its []eventlog.Item) eventlog.Appended {
	t.Helper()
	got, err := l.Refill(t.Context(), run, "s0", since, its)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// testRefill: 0 to 3 are lost, 4 and 5 came after that; the run brings what is missing,
// and more than the consumer has come to.
func testRefill(t *testing.T, w *world) {
	consumer, operator := w.open(t, eventlog.Config{Lanes: 2}), w.open(t, eventlog.Config{})
	mustAppend(t, consumer, "s0", items(4, 2, 2)) // both lanes
	wantAppended(t, eventlog.Appended{Events: 3, Entries: 2}, mustRefill(t, operator, "r1", "0", items(0, 3, 2)))
	wantAppended(t, eventlog.Appended{Skipped: 3}, mustRefill(t, operator, "r1", "0", items(0, 3, 2)))
	wantAppended(t, eventlog.Appended{Events: 5, Skipped: 1, Entries: 2}, mustRefill(t, operator, "r1", "0", append(items(2, 2, 2), items(6, 4, 2)...)))
	wantAppended(t, eventlog.Appended{Skipped: 6}, mustAppend(t, consumer, "s0", items(4, 6, 2)))
	wantAppended(t, eventlog.Appended{Events: 2, Skipped: 2, Entries: 2}, mustAppend(t, consumer, "s0", items(8, 4, 2)))
	even, odd := eventlog.LaneOf("t.0", 2), eventlog.LaneOf("t.1", 2)
	if even == odd {
		t.Fatal("both topics are in one lane")
	}
	for lane, want := range map[int][]string{even: {"<4>", "<0><2>", "<6><8>", "<10>"}, odd: {"<5>", "<1>", "<3><7><9>", "<11>"}} {
		var got []string
		all := readLane(t, consumer, lane)
		for _, e := range all {
			got = append(got, string(e.Data))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("lane %d: %s", lane, diff)
		}
		if torn(all) != 1 || !all[1].Torn {
			t.Errorf("lane %d: the first entry of the run is not torn, or others are: %+v", lane, all)
		}
	}
	if err := operator.Forget(t.Context(), "r1"); err != nil {
		t.Fatal(err)
	}
	if got := mustRefill(t, operator, "r1", "0", items(0, 1, 2)); got.Events != 1 {
		t.Errorf("a run that was forgotten: %+v", got)
	}
	if _, err := operator.Refill(t.Context(), "r 1", "s0", "0", items(0, 1, 2)); err == nil {
		t.Error("a run's name with a space is taken")
	}
	if _, err := operator.Refill(t.Context(), "r1", "s0", "", items(0, 1, 2)); err == nil {
		t.Error("a run that does not say since when is taken")
	}
}

// testRefillAhead: a run begins beyond what the consumer has come to, which then goes on.
func testRefillAhead(t *testing.T, w *world) {
	consumer, operator := w.open(t, eventlog.Config{Lanes: 1}), w.open(t, eventlog.Config{})
	mustAppend(t, consumer, "s0", items(0, 3, 1))
	wantAppended(t, eventlog.Appended{Events: 3, Entries: 1}, mustRefill(t, operator, "r1", "5", items(5, 3, 1)))
	wantAppended(t, eventlog.Appended{Events: 6, Entries: 1}, mustAppend(t, consumer, "s0", items(3, 6, 1)))
	// Now it has come past that, and what a run brings is nothing new to it.
	mustRefill(t, operator, "r2", "5", items(9, 1, 1))
	wantAppended(t, eventlog.Appended{Events: 1, Skipped: 1, Entries: 1}, mustAppend(t, consumer, "s0", items(9, 2, 1)))
	wantAll(t, consumer, "<0><1><2><5><6><7><3><4><5><6><7><8><9><10>")
}

// testRefillPartly: a batch of the consumer got through in one lane only, which says
// nothing of the other one.
func testRefillPartly(t *testing.T, w *world) {
	consumer, operator := w.open(t, eventlog.Config{Lanes: 2}), w.open(t, eventlog.Config{})
	even := func(its []eventlog.Item) (some []eventlog.Item) {
		for i := 0; i < len(its); i += 2 {
			some = append(some, its[i])
		}
		return some
	}
	mustAppend(t, consumer, "s0", even(items(0, 10, 2)))
	mustRefill(t, operator, "r", "5", append(items(5, 1, 2), items(9, 2, 2)...)) // 5, 9 and 10
	got := mustAppend(t, consumer, "s0", items(1, 10, 2))
	wantAppended(t, eventlog.Appended{Events: 5, Skipped: 5, Entries: 1}, got)
	odd := eventlog.LaneOf("t.1", 2)
	if got, want := laneText(t, consumer, mustEpoch(t, consumer).ID, odd), "<5><9><1><3><5><7><9>"; got != want {
		t.Errorf("lane %d holds %s, want %s", odd, got, want)
	}
}

// testRefillByKey: of the keys a and b the consumer has come past where the run begins,
// of c and d it has not.
func testRefillByKey(t *testing.T, w *world) {
	cfg := eventlog.Config{Lanes: 1, Parallel: true}
	consumer, operator := w.open(t, cfg), w.open(t, eventlog.Config{}) // who refills learns it of the log
	mustAppend(t, consumer, "s0", []eventlog.Item{item("t", "d", 1), item("t", "b", 4), item("t", "a", 9)})
	mustRefill(t, operator, "r", "3", []eventlog.Item{item("t", "a", 3), item("t", "b", 5), item("t", "c", 6)})
	mustRefill(t, operator, "r", "3", []eventlog.Item{item("t", "c", 6), item("t", "d", 7), item("t", "a", 10)})
	got := mustAppend(t, consumer, "s0", []eventlog.Item{
		item("t", "c", 1), item("t", "d", 2), item("t", "b", 5), item("t", "c", 6), item("t", "d", 7), item("t", "b", 8), item("t", "a", 9), item("t", "a", 10),
	})
	wantAppended(t, eventlog.Appended{Events: 5, Skipped: 3, Entries: 1}, got)
	wantAll(t, consumer, "<1><4><9><3><5><6><7><10><1><2><6><7><8>")
}

// testRefillAfterSerial: what was appended while batches came in order proves as much as
// before, of every key.
func testRefillAfterSerial(t *testing.T, w *world) {
	mustAppend(t, w.open(t, eventlog.Config{Lanes: 1}), "s0", items(0, 6, 1))
	consumer := w.open(t, eventlog.Config{Parallel: true})
	mustRefill(t, consumer, "r1", "5", []eventlog.Item{item("t", "a", 7)})
	mustRefill(t, consumer, "r2", "6", []eventlog.Item{item("t", "b", 8)})
	got := mustAppend(t, consumer, "s0", []eventlog.Item{item("t", "a", 7), item("t", "b", 6), item("t", "b", 8)})
	wantAppended(t, eventlog.Appended{Events: 2, Skipped: 1, Entries: 1}, got)
	wantAll(t, consumer, "<0><1><2><3><4><5><7><8><6><8>")
}
