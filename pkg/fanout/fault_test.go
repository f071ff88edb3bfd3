package fanout

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spillway/spillway/pkg/eventlog"
)

// TestFirstCursorHidesNoTrim: what was appended after `subscribed` and trimmed before the resume is told.
func TestFirstCursorHidesNoTrim(t *testing.T) {
	for _, name := range []string{"earliest", "after reset"} {
		t.Run(name, func(t *testing.T) {
			l := newMemLog(1)
			h := newHub(t, l, Config{})
			l.append("a")
			step(t, h)
			start := Start{Earliest: true}
			if name == "after reset" {
				live := subscribe(t, h, Start{}, "a")
				start = after(t, live.Mark())
				live.Close()
				l.renew(1)
				step(t, h)
			}
			s := subscribe(t, h, start, "a")
			mark := s.Mark() // what `subscribed` carries
			if name == "after reset" {
				b, _, err := s.Next(context.Background(), 1<<20)
				if err != nil || b.Gap == nil {
					t.Fatal(b, err)
				}
				mark = b.Mark
			}
			was := after(t, mark)
			s.Close()
			for range 3 {
				l.append("a")
			}
			step(t, h)
			l.trim(0, 3) // hours pass
			l.append("a")
			step(t, h)
			got := drain(t, subscribe(t, h, was, "a"))
			if len(got) == 0 || got[0] != "gap 1" {
				t.Errorf("resumed: %v; events appended since `subscribed` are trimmed, want gap 1 first", got)
			}
		})
	}
}

// lanedLog has lanes of which State cannot tell, too, or reads that take a while, or takes no reports.
type lanedLog struct {
	*memLog
	away    int // plus one
	slow    time.Duration
	refuse  bool
	reports int
}

func (l *lanedLog) State(ctx context.Context) (eventlog.State, error) {
	st, err := l.memLog.State(ctx)
	if err == nil && l.away > 0 {
		st.Lanes[l.away-1].Err = errBroken
	}
	return st, err
}

func (l *lanedLog) Read(ctx context.Context, epoch string, qs []eventlog.Query) []eventlog.Page {
	if l.slow > 0 {
		time.Sleep(l.slow)
	}
	return l.memLog.Read(ctx, epoch, qs)
}

func (l *lanedLog) ReportLoss(ctx context.Context, epoch string, lane int, lost eventlog.ID) error {
	l.reports++
	if l.refuse {
		return errBroken
	}
	return l.memLog.ReportLoss(ctx, epoch, lane, lost)
}

// TestResumeWhileALaneIsAway: a node that is away holds up no lanes but its own, also who resumes or replays.
func TestResumeWhileALaneIsAway(t *testing.T) {
	l := &lanedLog{memLog: newMemLog(2)}
	h := NewHub(l, Config{Sealer: testSealer})
	step(t, h)
	s := subscribe(t, h, Start{}, "b")
	was := after(t, s.Mark())
	l.away = eventlog.LaneOf("a", 2) + 1
	l.brokenLane = l.away
	if _, err := h.Subscribe(context.Background(), Request{Patterns: patterns(t, "b"), Start: was}); err != nil {
		t.Errorf("resume of a topic of the other lane: %v", err)
	}
	if _, err := h.Subscribe(context.Background(), Request{Patterns: patterns(t, "b"), Start: Start{}}); err != nil {
		t.Errorf("latest of a topic of the other lane: %v", err)
	}
}

// TestReplayWhileALaneIsAway: a replaying subscriber of both lanes gets what the healthy lane has.
func TestReplayWhileALaneIsAway(t *testing.T) {
	l := &lanedLog{memLog: newMemLog(2)}
	h := NewHub(l, Config{Sealer: testSealer})
	for range 10 {
		l.append("b")
	}
	step(t, h)
	s := subscribe(t, h, Start{Earliest: true}, "a", "b")
	l.brokenLane = eventlog.LaneOf("a", 2) + 1
	n := 0
	for range 20 {
		b, _, _ := s.Next(context.Background(), 1<<20)
		n += b.Count
	}
	if n != 10 {
		t.Errorf("%d events of the healthy lane, want 10", n)
	}
}

// TestOldTearForgetsNoLoss: a loss that is not told stays remembered when an older torn entry is read.
func TestOldTearForgetsNoLoss(t *testing.T) {
	mem := newMemLog(1)
	l := &lanedLog{memLog: mem}
	l.append("a") // a/0
	l.append("a") // a/1
	l.rollBack(0, 1)
	l.append("a") // a/2, torn: an old loss, told long ago
	quiet := NewHub(l, Config{Sealer: testSealer})
	step(t, quiet)
	behind := after(t, subscribe(t, quiet, Start{}, "a").Mark()) // a client that is away, at a/2
	l.append("a")                                                // a/3
	h := NewHub(l, Config{Sealer: testSealer})                   // starts at a/3
	step(t, h)
	l.refuse = true // Redis is full: the report fails
	l.rollBack(0, 1)
	l.known[0] = l.heads[0]
	if err := h.check(context.Background()); err != nil {
		t.Fatal(err)
	}
	if len(h.lost) != 1 {
		t.Fatal("the loss is not noticed", h.lost)
	}
	h.round(context.Background(), true) // reads a/0, a/2 (torn) again
	if len(h.lost) != 1 {
		t.Errorf("the loss of a/3 is forgotten before the log was told: %v", h.lost)
	}
	l.refuse = false
	step(t, h)
	l.append("a") // a/4
	step(t, h)
	step(t, quiet)
	// a/3 is lost.
	if got := drain(t, subscribe(t, quiet, behind, "a")); len(got) == 0 || got[0] != "gap 2" {
		t.Errorf("who was away: %v, want gap 2 first", got)
	}
}

// TestNextTakesNoLongerThanARead: Next answers within a heartbeat.
func TestNextTakesNoLongerThanARead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lanedLog{memLog: newMemLog(1)}
		h := NewHub(l, Config{Sealer: testSealer})
		for range 6000 {
			l.append("b")
		}
		step(t, h)
		s := subscribe(t, h, Start{Earliest: true}, "a")
		l.slow = 1900 * time.Millisecond
		begin := time.Now()
		_, _, err := s.Next(context.Background(), 1<<20)
		if d := time.Since(begin); d > 5*time.Second {
			t.Errorf("Next took %s (err %v): no heartbeat, no end of the token, no drain meanwhile", d, err)
		}
	})
}

// TestClockBehind: what is new and has an id between lost ones is delivered.
func TestClockBehind(t *testing.T) {
	l := newMemLog(1)
	h := newHub(t, l, Config{})
	other := newHub(t, l, Config{})
	s := subscribe(t, h, Start{}, "a")
	l.append("a") // a/0 1002
	var q = l.clock
	for range 3 { // a/1..a/3: q+2, q+4, q+6
		l.clock++
		l.append("a")
	}
	step(t, h)
	step(t, other)
	drain(t, s)
	was := after(t, s.Mark())
	l.rollBack(0, 3)
	l.known[0] = l.heads[0]
	l.clock = q + 2
	l.append("a") // a/4: q+3
	l.clock++
	l.append("a") // a/5: q+5
	step(t, h)
	step(t, other)
	got := fmt.Sprint(drain(t, s))
	if want := "a/4"; !containsName(got, want) {
		t.Errorf("live: %s is in the log and never delivered: %s", want, got)
	}
	got = fmt.Sprint(drain(t, subscribe(t, other, was, "a")))
	if want := "a/5"; !containsName(got, want) {
		t.Errorf("resumed on another gateway: %s is in the log and never delivered: %s", want, got)
	}
}

func containsName(s, name string) bool {
	for i := 0; i+len(name) <= len(s); i++ {
		if s[i:i+len(name)] == name {
			return true
		}
	}
	return false
}

// TestSickLaneAfterLanesChange: a lane that was sick when the log got fewer lanes is read when it has them again.
func TestSickLaneAfterLanesChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newMemLog(2)
		h := NewHub(l, Config{Sealer: testSealer})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		time.Sleep(time.Second)
		l.setBroken(true)
		time.Sleep(10 * time.Second)
		l.renew(1)
		l.setBroken(false)
		time.Sleep(time.Minute)
		if !h.Ready() {
			t.Error("not ready with one lane")
		}
		l.renew(2)
		time.Sleep(10 * time.Minute)
		if !h.Ready() {
			t.Error("not ready 10 minutes after the log got its second lane back, with nothing broken")
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// TestNoSpinWhileTheLogTakesNoReport: a subscriber of a lane that went back waits.
func TestNoSpinWhileTheLogTakesNoReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lanedLog{memLog: newMemLog(1)}
		h := NewHub(l, Config{Sealer: testSealer, RingBytes: 800})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		time.Sleep(time.Second)
		keep := subscribe(t, h, Start{}, "a")
		l.append("a")
		time.Sleep(time.Second)
		was := after(t, func() Mark { drain(t, keep); return keep.Mark() }())
		for range 3 {
			l.append("a")
			time.Sleep(100 * time.Millisecond)
		}
		l.refuse = true
		l.rollBack(0, 3)
		l.known[0] = l.heads[0]
		time.Sleep(20 * time.Second)
		s := subscribe(t, h, was, "a")
		l.mu.Lock()
		before := l.reads
		l.mu.Unlock()
		begin := time.Now()
		for time.Since(begin) < 10*time.Second {
			_, wait, err := s.Next(ctx, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			if wait != nil {
				select {
				case <-wait:
				case <-time.After(10*time.Second - time.Since(begin)):
				}
			}
		}
		l.mu.Lock()
		if l.reads-before > 100 {
			t.Errorf("%d reads in 10 s by one idle subscriber", l.reads-before)
		}
		l.mu.Unlock()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// TestReach: what the reach says while a log that holds minutes is filled at a steady rate.
func TestReach(t *testing.T) {
	var r reach
	now := time.Now()
	for i := range 13 {
		st := eventlog.State{Epoch: eventlog.Epoch{ID: "x", Retention: time.Hour, Budget: 600 << 20}, Lanes: []eventlog.LaneState{{Appended: int64(i) * 5 << 20}}}
		got := r.after(st, now.Add(time.Duration(i)*5*time.Second))
		want := 10 * time.Minute // at 1 MiB/s of a budget of 600 MiB
		if i == 0 {
			want = time.Hour // nothing is known of the rate
		}
		if got.Round(time.Second) != want {
			t.Errorf("%d s after the start: %s, want %s", 5*i, got, want)
		}
	}
}
