package fanout

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
)

// TestSideBySide: lanes whose entries alternate are read together, in pages that grow,
// whatever the lanes are that have nothing.
func TestSideBySide(t *testing.T) {
	const entries = 2000
	l := newMemLog(16)
	topics := []string{"a.0", "a.1", "a.2", "b.0", "b.1"} // of five lanes
	lanes := map[int]bool{}
	for _, name := range topics {
		lanes[eventlog.LaneOf(name, 16)] = true
	}
	if len(lanes) != len(topics) {
		t.Fatal("two topics share a lane")
	}
	var want []string
	for n := range entries {
		name := topics[n%len(topics)]
		l.append(name)
		want = append(want, fmt.Sprintf("%s/%d", name, n/len(topics)))
	}
	h := newHub(t, l, Config{})
	s := subscribe(t, h, Start{Earliest: true}, ">")
	before := l.reads
	expect(t, "all", drain(t, s), want...)
	// The first page has 64 entries for 16 lanes, and the later ones 256 for five: a round
	// trip brings half of that, or more.
	if got, most := l.reads-before, 2+entries/(256/2); got > most {
		t.Errorf("%d reads for %d entries, want at most %d", got, entries, most)
	}
}

// TestSideBySideInLittleRoom: lanes whose entries alternate are read together, too, if there is
// room for one entry of each.
func TestSideBySideInLittleRoom(t *testing.T) {
	const entries = 500
	l := newMemLog(16)
	topics := []string{"a.0", "a.1", "a.2", "b.0", "b.1"} // of five lanes
	for n := range entries {
		l.appendSized(minReplayBytes/len(topics)-100, topics[n%len(topics)])
	}
	h := newHub(t, l, Config{})
	s := subscribe(t, h, Start{Earliest: true}, ">")
	h.audience.replaying.Add(10_000)
	before := l.reads
	if got := drain(t, s); len(got) != entries {
		t.Errorf("%d events, want %d", len(got), entries)
	}
	if got, most := l.reads-before, 5+entries/len(topics); got > most {
		t.Errorf("%d reads for %d entries, want at most %d", got, entries, most)
	}
}

// TestReplayRoom: those who read the log share what they may hold.
func TestReplayRoom(t *testing.T) {
	for replaying, want := range map[int64]int{0: maxReplayBytes, 1: maxReplayBytes, 32: maxReplayBytes, 64: maxReplayBytes / 2, 100_000: minReplayBytes} {
		if got := replayRoom(replaying); got != want {
			t.Errorf("%d replaying: %d bytes, want %d", replaying, got, want)
		}
	}
	l := newMemLog(1)
	l.append("a.0")
	h := newHub(t, l, Config{})
	live, old, fallen := subscribe(t, h, Start{}, "a.0"), subscribe(t, h, Start{Earliest: true}, "a.0"), subscribe(t, h, Start{Earliest: true}, "a.0")
	counts := []int64{h.audience.replaying.Load()}
	for _, s := range []*Subscription{live, old, fallen} {
		if _, _, err := s.Next(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		counts = append(counts, h.audience.replaying.Load())
	}
	drain(t, old)
	fallen.Close()
	fallen.Close()
	counts = append(counts, h.audience.replaying.Load())
	if diff := cmp.Diff([]int64{2, 2, 2, 2, 0}, counts); diff != "" {
		t.Errorf("how many replay (-want +got):\n%s", diff)
	}
}

// TestReplayAllocations: what history costs in garbage is by entry, not by event.
func TestReplayAllocations(t *testing.T) {
	const events = 1000
	e := eventlog.Entry{ID: eventlog.ID{MS: 1}}
	for n := range events {
		topic := fmt.Sprint("weather.us.a-name-that-fits-into-no-small-buffer.", n%3)
		e.Data = event.Append(e.Data, &event.Event{Topic: topic, SequenceNumber: "1", Data: make([]byte, benchBytes)})
	}
	h := newHub(t, newMemLog(1), Config{})
	for _, pattern := range []string{">", "weather.*.*.>"} {
		s := subscribe(t, h, Start{Earliest: true}, pattern)
		s.replay.memo = memo{}
		got := testing.AllocsPerRun(100, func() {
			if sl, ok := s.slotOf(0, e); !ok || sl.count != events {
				t.Fatalf("%d events", sl.count)
			}
		})
		if got > 10 {
			t.Errorf("%s: %v allocations for an entry of %d events", pattern, got, events)
		}
	}
}
