package eventlogtest

import (
	"strings"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/eventlog/redistest"
)

func testReset(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 1})
	mustAppend(t, l, "s0", items(0, 2, 1))
	head := state(t, l).Head
	w.wipe(t)
	// An id of the same millisecond could be the old head's again.
	redistest.Eventually(t, func() bool { return time.Now().After(head.Time().Add(time.Millisecond)) })
	mustAppend(t, l, "s0", items(2, 1, 1))
	page := read(t, l, eventlog.Query{After: head, Count: 9})
	if len(page) != 1 || page[0].Follows(head) != eventlog.Reset {
		t.Errorf("after a loss of all data %v is followed by %+v, want Reset", head, page)
	}
	if page[0].Torn {
		t.Error("a new epoch is torn: it tells by itself")
	}
}

func (w *world) wipe(t *testing.T) {
	t.Helper()
	if err := Wipe(t.Context(), w.client, w.name); err != nil {
		t.Fatal(err)
	}
}

func testNewEpoch(t *testing.T, w *world) {
	warm, other := w.open(t, eventlog.Config{Lanes: 2}), w.open(t, eventlog.Config{Lanes: 3})
	mustAppend(t, warm, "s0", items(0, 6, 6))
	w.wipe(t)
	mustEpoch(t, other) // somebody else makes the log anew
	if got := mustAppend(t, warm, "s0", items(0, 12, 12)); got.Events != 12 {
		t.Errorf("appended %+v, want 12 events", got)
	}
	if got := mustEpoch(t, warm); got.Lanes != 3 {
		t.Errorf("the warm writer works in %+v, want 3 lanes", got)
	}
	if got := strings.Count(readAll(t, other), "<"); got != 12 {
		t.Errorf("the new log holds %d events, want 12", got)
	}
}

// testTornByWriter: a lane goes back; who does not know appends, then who knows does.
func testTornByWriter(t *testing.T, w *world) {
	warm := w.open(t, eventlog.Config{Lanes: 1})
	mustAppend(t, warm, "s0", items(0, 2, 1))
	back := w.rollback(t, warm)
	before := state(t, warm).Head
	mustAppend(t, warm, "s0", items(2, 2, 1))
	lost := state(t, warm).Head
	back()
	cold := w.open(t, eventlog.Config{})
	mustAppend(t, cold, "s1", items(0, 1, 1))
	between := state(t, warm).Head
	mustAppend(t, warm, "s0", items(4, 1, 1))
	all := readLane(t, warm, 0)
	e := all[len(all)-1]
	if len(all) != 3 || torn(all) != 1 || !e.Torn || string(e.Data) != "<4>" || e.Prev != between {
		t.Fatalf("the lane holds %+v, want the last entry torn", all)
	}
	for _, pos := range []eventlog.ID{before, between, lost, eventlog.Oldest} {
		if e.Follows(pos) != eventlog.Reset {
			t.Errorf("the torn entry does not tell who is at %v", pos)
		}
	}
	if e.ID.Compare(lost) <= 0 {
		t.Errorf("the torn entry %v is not after what was lost, %v", e.ID, lost)
	}
	// It is told once, and who else knew of it is believed no more.
	mustAppend(t, warm, "s0", items(5, 1, 1))
	if err := cold.ReportLoss(t.Context(), mustEpoch(t, cold).ID, 0, lost); err != nil {
		t.Fatal(err)
	}
	if all = readLane(t, warm, 0); len(all) != 4 || torn(all) != 1 {
		t.Errorf("then the lane holds %+v, want no more that are torn", all)
	}
}

func testTornBySkip(t *testing.T, w *world) {
	for _, parallel := range []bool{false, true} {
		warm := w.open(t, eventlog.Config{Lanes: 1, Parallel: parallel})
		shard := map[bool]string{false: "s0", true: "s1"}[parallel]
		mustAppend(t, warm, shard, items(0, 2, 1))
		back := w.rollback(t, warm)
		mustAppend(t, warm, shard, items(2, 2, 1))
		back()
		head := state(t, warm).Head
		wantAppended(t, eventlog.Appended{Skipped: 1}, mustAppend(t, warm, shard, items(1, 1, 1)))
		page := read(t, warm, eventlog.Query{After: head, Count: 9})
		if len(page) != 1 || !page[0].Torn || page[0].Data != nil || page[0].Prev != head {
			t.Errorf("parallel %v: the lane goes on with %+v, want a torn entry", parallel, page)
		}
		mustAppend(t, warm, shard, items(4, 2, 1))
		if page = read(t, warm, eventlog.Query{After: head, Count: 9}); len(page) != 2 || torn(page) != 1 {
			t.Errorf("parallel %v: then the lane goes on with %+v", parallel, page)
		}
	}
}

func testTornByReader(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 1})
	mustAppend(t, l, "s0", items(0, 2, 1))
	back := w.rollback(t, l)
	first := state(t, l).Head
	mustAppend(t, l, "s0", items(2, 2, 1))
	lost := state(t, l).Head
	back()
	reader := w.open(t, eventlog.Config{})
	epoch := mustEpoch(t, reader).ID
	for range 2 {
		if err := reader.ReportLoss(t.Context(), epoch, 0, lost); err != nil {
			t.Fatal(err)
		}
		all := readLane(t, reader, 0)
		if len(all) != 2 || !all[1].Torn || all[1].Data != nil || all[1].Prev != first || state(t, l).Head != all[1].ID {
			t.Fatalf("the lane holds %+v, want a torn entry", all)
		}
	}
	// The writer that knew it, too, comes after that.
	mustAppend(t, l, "s0", items(2, 2, 1))
	if all := readLane(t, reader, 0); len(all) != 3 || torn(all) != 1 {
		t.Errorf("then the lane holds %+v", all)
	}
}

// testNotTorn: what is there, or was trimmed, or is of another epoch, is not lost.
func testNotTorn(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 1, Budget: eventlog.MinBudget})
	mustAppend(t, l, "s0", items(0, 1, 1))
	first, epoch := state(t, l).Head, mustEpoch(t, l).ID
	busy := w.open(t, eventlog.Config{})
	for range 30 {
		it := items(now(), 1, 1)
		it[0].Bytes = make([]byte, 60<<10)
		mustAppend(t, busy, "s1", it)
	}
	mustAppend(t, l, "s0", items(1, 1, 1)) // it knew of the first, which is trimmed
	for _, id := range []eventlog.ID{first, state(t, l).Head, {}} {
		if err := l.ReportLoss(t.Context(), epoch, 0, id); err != nil {
			t.Errorf("%v: %v", id, err)
		}
	}
	if err := l.ReportLoss(t.Context(), "0123456789abcdef", 0, eventlog.ID{MS: 1 << 47}); err != nil {
		t.Error(err)
	}
	for _, id := range []eventlog.ID{eventlog.Oldest, eventlog.At(time.Now()), {MS: 1 << 60}} {
		if err := l.ReportLoss(t.Context(), epoch, 0, id); err == nil {
			t.Errorf("%v was no entry's, and is taken for one", id)
		}
	}
	if err := l.ReportLoss(t.Context(), epoch, 1, first); err == nil {
		t.Error("a lane that is not there is taken for one")
	}
	if all := readLane(t, l, 0); torn(all) != 0 {
		t.Errorf("%d entries are torn", torn(all))
	}
}
