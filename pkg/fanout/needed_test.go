package fanout

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/eventlog"
)

// countingLog counts the entries that are read, by lane.
type countingLog struct {
	*memLog

	entries map[int]int
}

func (l *countingLog) Read(ctx context.Context, epoch string, queries []eventlog.Query) []eventlog.Page {
	pages := l.memLog.Read(ctx, epoch, queries)
	for i, q := range queries {
		l.entries[q.Lane] += len(pages[i].Entries)
	}
	return pages
}

// otherTopic returns a topic of another lane.
func otherTopic(t *testing.T, name string, lanes int) string {
	t.Helper()
	for i := range 100 {
		if other := fmt.Sprint("other.", i); eventlog.LaneOf(other, lanes) != eventlog.LaneOf(name, lanes) {
			return other
		}
	}
	t.Fatal("there is no other lane")
	return ""
}

// TestNeededLanes: what nobody here has asked for is not read, and is not there for who
// asks for it from now on.
func TestNeededLanes(t *testing.T) {
	l := &countingLog{newMemLog(4), map[int]int{}}
	h := NewHub(l, Config{Sealer: testSealer})
	step(t, h)
	wanted, other := "a", otherTopic(t, "a", 4)
	s := subscribe(t, h, Start{}, wanted)
	for range 50 {
		l.append(wanted)
		l.append(other)
	}
	step(t, h)
	if got := len(drain(t, s)); got != 50 {
		t.Errorf("got %d events, want 50", got)
	}
	want := map[int]int{eventlog.LaneOf(wanted, 4): 50, eventlog.LaneOf(other, 4): 1}
	if diff := cmp.Diff(want, l.entries); diff != "" {
		t.Errorf("entries read by lane: %s", diff)
	}
	l.append(other)
	late := subscribe(t, h, Start{}, other)
	l.append(other)
	step(t, h)
	if diff := cmp.Diff([]string{other + "/51"}, drain(t, late)); diff != "" {
		t.Errorf("who asks from now on: %s", diff)
	}
	late.Close()
	s.Close()
	clear(l.entries)
	for range 50 {
		l.append(wanted)
		l.append(other)
	}
	step(t, h)
	if diff := cmp.Diff(map[int]int{eventlog.LaneOf(wanted, 4): 1, eventlog.LaneOf(other, 4): 1}, l.entries); diff != "" {
		t.Errorf("with nobody there: %s", diff)
	}
}

// TestNeededWitness: a hub tells of what a lane has lost that nobody needs now.
func TestNeededWitness(t *testing.T) {
	l := newMemLog(1)
	h := newHub(t, l, Config{})
	s := subscribe(t, h, Start{}, "a")
	l.append("a")
	step(t, h)
	drain(t, s)
	early := after(t, s.Mark())
	s.Close()
	l.append("a")
	step(t, h) // the hub has seen that it is there
	l.rollBack(0, 1)
	l.known[0] = l.heads[0] // and the writer is gone
	for range 3 {
		l.append("a")
	}
	step(t, h)
	l.append("a")
	back := subscribe(t, h, early, "a")
	step(t, h)
	got := drain(t, back)
	want := []string{"a/2", "a/3", "a/4", fmt.Sprintf("gap %d", GapReset)}
	if diff := cmp.Diff(want, got[:min(len(got), len(want))]); diff != "" {
		t.Errorf("who comes back: %s (all: %v)", diff, got)
	}
}

// TestJoinsLogMadeAnew: a hub that nobody uses need not have seen yet that the log was made
// anew. Who joins then gets what is appended from then on, and no more.
func TestJoinsLogMadeAnew(t *testing.T) {
	for _, lanes := range []int{4, 2} {
		l := newMemLog(4)
		h := NewHub(l, Config{Sealer: testSealer})
		step(t, h)
		l.renew(lanes)
		l.append("a", "b")
		s := subscribe(t, h, Start{}, ">")
		l.append("a")
		step(t, h)
		if diff := cmp.Diff([]string{"a/1"}, drain(t, s)); diff != "" {
			t.Errorf("%d lanes: got (-want +got):\n%s", lanes, diff)
		}
	}
}
