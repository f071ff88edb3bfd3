package fanout

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spillway/spillway/pkg/eventlog"
)

// TestLossIsToldToWhoHadNotReadIt: what one gateway had read and the log lost is told
// to the subscribers of another, which had not come to it.
func TestLossIsToldToWhoHadNotReadIt(t *testing.T) {
	l := newMemLog(1)
	fast, slow := newHub(t, l, Config{}), newHub(t, l, Config{})
	s := subscribe(t, slow, Start{}, "a")
	l.append("a")
	step(t, slow)
	expect(t, "before", drain(t, s), "a/0")
	l.append("a")
	step(t, fast)
	l.rollBack(0, 1)
	l.known[0] = l.heads[0] // whoever appended it is gone, too
	l.append("a")
	step(t, fast)
	step(t, slow)
	expect(t, "the other gateway's", drain(t, s), "a/2", "gap 2")
	l.append("a")
	step(t, fast)
	step(t, slow)
	expect(t, "once", drain(t, s), "a/3")
}

// TestLossKnownToTheWriter: an entry that says that what was before it is lost.
func TestLossKnownToTheWriter(t *testing.T) {
	l := newMemLog(1)
	h := newHub(t, l, Config{})
	s := subscribe(t, h, Start{}, "a")
	l.append("a")
	step(t, h)
	expect(t, "before", drain(t, s), "a/0")
	l.append("a")
	l.rollBack(0, 1)
	l.append("a")
	was := after(t, s.Mark())
	step(t, h)
	expect(t, "live", drain(t, s), "gap 2", "a/2")
	expect(t, "resumed", drain(t, subscribe(t, h, was, "a")), "gap 2", "a/2")
}

// TestOneLaneAway: a lane that cannot be read holds up no other, is told by
// readiness, and is read on once it can be.
func TestOneLaneAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newMemLog(2)
		h := NewHub(l, Config{Sealer: testSealer})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		time.Sleep(time.Second)
		away, well := "a", "b"
		if eventlog.LaneOf(away, 2) == eventlog.LaneOf(well, 2) {
			t.Fatal("the test needs topics of two lanes")
		}
		sick, other := subscribe(t, h, Start{}, away), subscribe(t, h, Start{}, well)
		l.mu.Lock()
		l.brokenLane = eventlog.LaneOf(away, 2) + 1
		l.mu.Unlock()
		for range 20 {
			l.append(away)
			l.append(well)
			time.Sleep(10 * time.Millisecond)
		}
		if got := drain(t, other); len(got) != 20 {
			t.Errorf("%d events of the lane that is there, want 20", len(got))
		}
		if got := drain(t, sick); len(got) != 0 || h.Ready() {
			t.Errorf("%v of the lane that is away; ready: %v", got, h.Ready())
		}
		time.Sleep(time.Minute)
		l.mu.Lock()
		reads := l.reads
		l.brokenLane = 0
		l.mu.Unlock()
		if reads > 300 {
			t.Errorf("%d reads in a minute", reads)
		}
		time.Sleep(2 * retryMax)
		if got := drain(t, sick); len(got) != 20 || !h.Ready() {
			t.Errorf("%d events once the lane is back, want 20; ready: %v", len(got), h.Ready())
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// TestOversize: an event that is too large for a subscriber is told, live and of the
// log, and stops nothing.
func TestOversize(t *testing.T) {
	l := newMemLog(1)
	h := newHub(t, l, Config{})
	request := Request{Patterns: patterns(t, "a"), MaxEventBytes: bigBytes}
	join := func(start Start) *Subscription {
		t.Helper()
		request.Start = start
		s, err := h.Subscribe(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	live, all := join(Start{}), subscribe(t, h, Start{}, "a")
	l.append("a")
	l.appendSized(bigBytes, "a", "a") // a large one and a small one
	l.appendSized(bigBytes, "a")
	l.append("a")
	step(t, h)
	want := []string{"a/0", "gap 3", "a/2", "gap 3", "a/4"}
	expect(t, "live", drain(t, live), want...)
	expect(t, "from the log", drain(t, join(Start{Earliest: true})), want...)
	expect(t, "without a limit", drain(t, all), "a/0", "a/1", "a/2", "a/3", "a/4")
	expect(t, "resumed", drain(t, join(after(t, live.Mark()))))
}

// TestOversizeCursor: whoever leaves between the gap and the events of the same entry
// is told again and gets them.
func TestOversizeCursor(t *testing.T) {
	for _, start := range []Start{{}, {Earliest: true}} {
		l := newMemLog(1)
		h := newHub(t, l, Config{})
		request := Request{Patterns: patterns(t, "a"), MaxEventBytes: bigBytes, Start: start}
		s, err := h.Subscribe(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		l.appendSized(bigBytes, "a", "a")
		step(t, h)
		b, _, err := s.Next(t.Context(), 1)
		if err != nil || b.Gap == nil || b.Gap.Reason != GapOversize || b.Gap.Events != 1 {
			t.Fatalf("Next = %+v, %v, want a gap of one event", b, err)
		}
		request.Start = after(t, b.Mark)
		again, err := h.Subscribe(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "resumed", drain(t, again), "gap 3", "a/1")
	}
}

// TestWipedWhileReplaying: a log that is made anew while a subscriber reads it is told
// as that, and once, also before the tail has seen it.
func TestWipedWhileReplaying(t *testing.T) {
	l := newMemLog(1)
	h := newHub(t, l, Config{})
	for range 3 {
		l.append("a")
	}
	step(t, h)
	s := subscribe(t, h, Start{Earliest: true}, "a")
	if b, _, err := s.Next(t.Context(), 1); err != nil || b.Count != 1 {
		t.Fatal(b, err)
	}
	s.replay.lanes[0] = replayLane{} // as if only one had been read
	l.renew(1)
	l.append("a")
	expect(t, "after the loss", drain(t, s), "gap 2", "a/3")
}

// TestOldTearMovesNobodyBack: who is past a loss is not moved back by it on another
// gateway, whose ring still tells of it.
func TestOldTearMovesNobodyBack(t *testing.T) {
	l := newMemLog(1)
	h, other := newHub(t, l, Config{}), newHub(t, l, Config{})
	defer subscribe(t, other, Start{}, "a").Close() // has the view there
	l.append("a")
	l.append("a")
	l.rollBack(0, 1)
	l.append("a") // a/2, torn
	step(t, h)
	step(t, other)
	s := subscribe(t, h, Start{}, "a")
	l.append("a")
	step(t, h)
	step(t, other)
	expect(t, "live", drain(t, s), "a/3")
	l.append("a")
	step(t, other)
	expect(t, "elsewhere", drain(t, subscribe(t, other, after(t, s.Mark()), "a")), "a/4")
}

// TestTearAfterWhatIsThere: an entry that tells of a loss, as the first after another server
// has taken over does, may follow one that is there. Who joins the tail right then gets that
// one, too.
func TestTearAfterWhatIsThere(t *testing.T) {
	l := newMemLog(1)
	h := newHub(t, l, Config{})
	s := subscribe(t, h, Start{}, "a")
	l.append("a")
	step(t, h)
	expect(t, "before", drain(t, s), "a/0")
	joins := subscribe(t, h, after(t, s.Mark()), "a")
	l.onRead = func() {
		l.append("a")
		l.tear = true
		l.append("a")
		step(t, h)
	}
	expect(t, "who joins", drain(t, joins), "a/1", "gap 2", "a/2")
	expect(t, "live", drain(t, s), "a/1", "gap 2", "a/2")
}
