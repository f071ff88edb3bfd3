package fanout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spillway/spillway/pkg/eventlog"
)

// TestGoingBackRepeatsRatherThanSkips: after a failover to a replica whose clock is
// behind, what is new has ids before what was lost. It is delivered all the same.
func TestGoingBackRepeatsRatherThanSkips(t *testing.T) {
	l := newMemLog(1)
	h := newHub(t, l, Config{})
	s := subscribe(t, h, Start{}, "a")
	l.append("a")
	l.clock += 100
	l.append("a")
	step(t, h)
	expect(t, "before", drain(t, s), "a/0", "a/1")
	was := after(t, s.Mark())
	l.loseLast(0)
	l.clock -= 90 // the new one's clock
	l.append("a")
	l.append("a")
	step(t, h)
	expect(t, "live", drain(t, s), "gap 2", "a/2", "a/3")
	got := drain(t, subscribe(t, h, was, "a"))
	if !slices.Contains(got, "a/2") || !slices.Contains(got, "a/3") || got[0] != "gap 2" {
		t.Errorf("resumed: %v, want a gap and the new events", got)
	}
}

// TestStateAway: a lane that looks reset while the log's state cannot be read makes
// the hub wait, not spin.
func TestStateAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newMemLog(1)
		l.append("a")
		h := NewHub(l, Config{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		time.Sleep(10 * time.Second)
		l.mu.Lock()
		l.lanes[0] = []eventlog.Entry{{ID: eventlog.ID{MS: 9e6}, Prev: eventlog.ID{}, Data: l.lanes[0][0].Data}}
		l.heads[0] = l.lanes[0][0].ID
		l.stateBroken = true
		before := l.reads
		l.mu.Unlock()
		time.Sleep(time.Minute)
		l.mu.Lock()
		reads := l.reads - before
		l.stateBroken = false
		l.mu.Unlock()
		if reads > 200 {
			t.Errorf("%d reads in a minute without a state", reads)
		}
		if h.Ready() {
			t.Error("ready though the log's state cannot be read")
		}
		time.Sleep(10 * time.Second)
		if !h.Ready() {
			t.Error("not ready again")
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// TestReadyUnderLoad: the hub is ready again after an outage although there is
// always more to read.
func TestReadyUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newMemLog(1)
		h := NewHub(l, Config{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		var load sync.WaitGroup
		load.Go(func() {
			for ctx.Err() == nil {
				l.append("a")
				time.Sleep(5 * time.Millisecond)
			}
		})
		time.Sleep(5 * time.Second)
		l.setBroken(true)
		time.Sleep(5 * time.Second)
		l.setBroken(false)
		time.Sleep(2 * retryMax)
		if !h.Ready() {
			t.Error("not ready")
		}
		l.mu.Lock()
		states := l.states
		l.mu.Unlock()
		time.Sleep(time.Minute)
		cancel()
		load.Wait()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if l.states-states < 5 {
			t.Errorf("the epoch was looked at %d times in a minute", l.states-states)
		}
	})
}

// TestSparsePattern: a long history of which little matches is scanned in large
// steps, and Next comes back meanwhile, with a cursor that moves.
func TestSparsePattern(t *testing.T) {
	l := newMemLog(1)
	const entries = 20_000
	for range entries {
		l.append("b")
	}
	l.append("a")
	h := newHub(t, l, Config{})
	s := subscribe(t, h, Start{Earliest: true}, "a", "c.*")
	before, returns := l.reads, 0
	last := s.Mark()
	for {
		b, wait, err := s.Next(t.Context(), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if !b.Empty() {
			expect(t, "the one that matches", names(t, b), "a/0")
			break
		}
		select {
		case <-wait:
		default:
			t.Fatal("there is nothing to wait for")
		}
		m := s.Mark()
		if slices.Equal(m.Base(somebody), last.Base(somebody)) && slices.Equal(m.Step(), last.Step()) {
			t.Error("the cursor has not moved")
		}
		last = m
		returns++
	}
	if reads := l.reads - before; reads > 2*entries/256 || returns == 0 {
		t.Errorf("%d reads, %d returns with nothing", reads, returns)
	}
}

func TestPacer(t *testing.T) {
	page := func(n, size int) []eventlog.Page {
		es := make([]eventlog.Entry, n)
		for i := range es {
			es[i].Data = make([]byte, size)
		}
		return []eventlog.Page{{Entries: es}}
	}
	p := replayPacer()
	for range 10 {
		p.done(page(p.count(1), 100))
	}
	if got := p.count(1); got != p.most {
		t.Errorf("small entries: asks for %d, want %d", got, p.most)
	}
	if got := p.count(16); got != p.most/16 {
		t.Errorf("sixteen lanes: asks each for %d", got)
	}
	for range 10 {
		p.done(page(p.count(1), eventlog.MaxEntryBytes))
	}
	if got := p.count(1) * eventlog.MaxEntryBytes; got > 2*p.bytes {
		t.Errorf("large entries: asks for %d bytes", got)
	}
	for range 20 {
		p.done([]eventlog.Page{{Err: errBroken}})
	}
	if got := p.count(1); got != 1 {
		t.Errorf("after failures: asks for %d", got)
	}
}

func TestImpossibleCursor(t *testing.T) {
	const far = 1<<64 - 1
	for _, id := range []eventlog.ID{{MS: far, Seq: far}, {MS: maxMS + 1, Seq: 1}} {
		m := Mark{base: testSealer.newBase("00000000000000aa", []place{{0, id}})}
		if _, err := testSealer.ParseCursor(somebody, m.Base(somebody), nil); !errors.Is(err, ErrCursor) {
			t.Errorf("position %v: %v, want an error", id, err)
		}
	}
	tr := tracker{sealer: testSealer}
	tr.mark("00000000000000aa", []place{{0, eventlog.ID{MS: 5}}})
	m := tr.mark("00000000000000aa", []place{{0, eventlog.ID{MS: far}}})
	if _, err := testSealer.ParseCursor(somebody, m.Base(somebody), m.Step()); !errors.Is(err, ErrCursor) {
		t.Errorf("a step beyond all time: %v, want an error", err)
	}
}

// TestNewerEpochElsewhere: who resumes with a cursor of an epoch that this hub has
// not seen yet is told of no reset. Where others read the lane here, who have yet to be told
// of it, they are asked to come again.
func TestNewerEpochElsewhere(t *testing.T) {
	l := newMemLog(1)
	h, other, unused := newHub(t, l, Config{}), newHub(t, l, Config{}), newHub(t, l, Config{})
	subscribe(t, h, Start{}, "a")
	l.renew(1)
	l.append("a")
	step(t, other)
	s := subscribe(t, other, Start{Earliest: true}, "a")
	expect(t, "elsewhere", drain(t, s), "a/0")
	start := after(t, s.Mark())
	expect(t, "where nobody is", drain(t, subscribe(t, unused, start, "a")))
	if _, err := h.Subscribe(t.Context(), Request{Patterns: patterns(t, "a"), Start: start}); !errors.Is(err, ErrNotReady) {
		t.Fatalf("Subscribe = %v, want ErrNotReady", err)
	}
	step(t, h)
	l.append("a")
	step(t, h)
	expect(t, "here", drain(t, subscribe(t, h, start, "a")), fmt.Sprintf("a/%d", 1))
}

// TestFewerLanesWhileResuming: a log that is made anew with fewer lanes while
// somebody resumes asks them to come again.
func TestFewerLanesWhileResuming(t *testing.T) {
	for _, seen := range []bool{false, true} {
		l := newMemLog(5)
		h := newHub(t, l, Config{})
		start := after(t, subscribe(t, h, Start{}, ">").Mark())
		l.onState = func() {
			l.renew(1)
			if seen { // and the hub sees it first
				step(t, h)
			}
		}
		if _, err := h.Subscribe(t.Context(), Request{Patterns: patterns(t, ">"), Start: start}); !errors.Is(err, ErrNotReady) {
			t.Errorf("Subscribe = %v, want ErrNotReady", err)
		}
		step(t, h)
		l.append("a")
		step(t, h)
		expect(t, "afterwards", drain(t, subscribe(t, h, start, ">")), "gap 2", "a/0")
	}
	h := newHub(t, newMemLog(1), Config{})
	h.mu.Lock()
	defer h.mu.Unlock()
	if got := h.known(4, eventlog.ID{MS: 9}); got != (eventlog.ID{}) {
		t.Errorf("a lane that is gone is known up to %v", got)
	}
}
