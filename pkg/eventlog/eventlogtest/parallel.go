package eventlogtest

import (
	"strings"
	"testing"

	"github.com/spillway/spillway/pkg/eventlog"
)

// testLowered: the function is not parallel any more, and batches of its time as a
// parallel one still come, out of order.
func testLowered(t *testing.T, w *world) {
	warm := w.open(t, eventlog.Config{Lanes: 1})
	mustAppend(t, warm, "s0", []eventlog.Item{item("t", "a", 1), item("t", "b", 2)})
	raised := w.open(t, eventlog.Config{Parallel: true})
	mustAppend(t, raised, "s0", []eventlog.Item{item("t", "a", 10)})
	lowered := w.open(t, eventlog.Config{})
	a := []eventlog.Item{item("t", "a", 10), item("t", "a", 30)}
	b := []eventlog.Item{item("t", "b", 2), item("t", "b", 20)}
	wantAppended(t, eventlog.Appended{Events: 1, Skipped: 1, Entries: 1}, mustAppend(t, lowered, "s0", a))
	wantAppended(t, eventlog.Appended{Events: 1, Skipped: 1, Entries: 1}, mustAppend(t, lowered, "s0", b))
	// One that was open all the time finds out by appending what it got in order.
	wantAppended(t, eventlog.Appended{Skipped: 1}, mustAppend(t, warm, "s0", []eventlog.Item{item("t", "a", 1)}))
	for _, l := range []*eventlog.Log{warm, raised, lowered} {
		wantAppended(t, eventlog.Appended{Skipped: 2}, mustAppend(t, l, "s0", a))
		wantAppended(t, eventlog.Appended{Skipped: 2}, mustAppend(t, l, "s0", b))
	}
	mustAppend(t, warm, "s0", []eventlog.Item{item("t", "a", 50)})
	wantAppended(t, eventlog.Appended{Events: 1, Entries: 1}, mustAppend(t, warm, "s0", []eventlog.Item{item("t", "b", 40)}))
	wantAll(t, lowered, "<1><2><10><30><20><50><40>")
	for _, governs := range []bool{false, true} {
		if e := mustEpoch(t, w.open(t, eventlog.Config{Governs: governs})); !e.Parallel {
			t.Errorf("who governs: %t sees %+v, want it parallel", governs, e)
		}
	}
	if err := Wipe(t.Context(), w.client, w.name); err != nil {
		t.Fatal(err)
	}
	if e := mustEpoch(t, lowered); e.Parallel {
		t.Errorf("the next epoch is %+v, want it not parallel", e)
	}
}

// testParallelAgain: a log that has forgotten that it is parallel is told again by who
// appends.
func testParallelAgain(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 1, Parallel: true})
	mustAppend(t, l, "s0", []eventlog.Item{item("t", "a", 1)})
	key := "{" + w.name + "}:epoch"
	text, err := w.client.Get(t.Context(), key).Result()
	if err != nil {
		t.Fatal(err)
	}
	text, parallel := strings.CutSuffix(text, " 1")
	if err := w.client.Set(t.Context(), key, text+" 0", 0).Err(); err != nil || !parallel {
		t.Fatal(text, err)
	}
	mustAppend(t, l, "s0", []eventlog.Item{item("t", "a", 3)}) // finds out
	mustAppend(t, l, "s0", []eventlog.Item{item("t", "b", 2)}) // and tells
	if e := mustEpoch(t, w.open(t, eventlog.Config{})); !e.Parallel {
		t.Errorf("the log is %+v, want it parallel", e)
	}
	wantAll(t, l, "<1><3><2>")
}
