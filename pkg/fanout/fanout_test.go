package fanout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/topic"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// fataler is what both kinds of tests have.
type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func patterns(t fataler, texts ...string) []topic.Pattern {
	t.Helper()
	ps, err := topic.ParseAll(texts)
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

// step lets the hub do what a check and a poll do, until there is nothing to do.
func step(t fataler, h *Hub) {
	t.Helper()
	if err := h.check(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.skip(context.Background(), h.lanes())
	for all := true; all || len(h.wake) > 0; all = false {
		select {
		case <-h.wake:
		default:
		}
		h.round(context.Background(), all)
		if h.anySick() {
			t.Fatal("the log cannot be read")
		}
	}
	h.mu.Lock()
	lost := maps.Clone(h.lost)
	h.mu.Unlock()
	if !h.testify(context.Background(), lost) {
		t.Fatal("the log takes no report of a loss")
	}
}

// names decodes a batch as topic/number of its events.
func names(t fataler, b Batch) []string {
	t.Helper()
	var list []string
	for _, run := range b.Events {
		var batch spillwayv1.EventBatch
		if err := proto.Unmarshal(run, &batch); err != nil {
			t.Fatal(err)
		}
		for _, e := range batch.Events {
			list = append(list, e.Topic+"/"+strings.Split(e.Id, ":")[1])
		}
	}
	return list
}

// drain reads until there is nothing, and returns what came: events, and gaps as
// their reason.
func drain(t fataler, s *Subscription) []string {
	t.Helper()
	var got []string
	for {
		b, wait, err := s.Next(context.Background(), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if b.Gap != nil {
			got = append(got, fmt.Sprintf("gap %d", b.Gap.Reason))
		}
		got = append(got, names(t, b)...)
		if wait != nil && wait != now {
			return got
		}
	}
}

func subscribe(t fataler, h *Hub, start Start, texts ...string) *Subscription {
	t.Helper()
	s, err := h.Subscribe(context.Background(), Request{Patterns: patterns(t, texts...), Start: start})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// somebody is the client of the tests; all hubs share a sealer.
const somebody = "client-1"

// testSealer is shared by all hubs, as gateways of one service share a key.
var testSealer = func() *Sealer {
	s, err := NewSealer(bytes.Repeat([]byte{7}, CursorKeyBytes))
	if err != nil {
		panic(err)
	}
	return s
}()

func newHub(t fataler, l *memLog, cfg Config) *Hub {
	cfg.Sealer = testSealer
	h := NewHub(l, cfg)
	step(t, h)
	return h
}

// after decodes what a subscriber would resume from.
func after(t fataler, m Mark) Start {
	t.Helper()
	c, err := testSealer.ParseCursor(somebody, m.Base(somebody), m.Step())
	if err != nil {
		t.Fatal(err)
	}
	return Start{Cursor: &c}
}

func expect(t fataler, what string, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func TestLiveAndReplay(t *testing.T) {
	l := newMemLog(2)
	l.append("a.0")
	h := newHub(t, l, Config{})
	live := subscribe(t, h, Start{}, "a.*")
	l.append("a.0", "a.0")
	l.append("b.0")
	l.append("a.1")
	step(t, h)
	all := subscribe(t, h, Start{Earliest: true}, ">")
	since := subscribe(t, h, Start{Time: time.UnixMilli(1004)}, "a.>")
	expect(t, "live", drain(t, live), "a.0/1", "a.0/2", "a.1/0")
	expect(t, "earliest", drain(t, all), "a.0/0", "a.0/1", "a.0/2", "b.0/0", "a.1/0")
	expect(t, "since", drain(t, since), "a.1/0")
	l.append("a.1")
	step(t, h)
	for name, s := range map[string]*Subscription{"live": live, "earliest": all, "since": since} {
		expect(t, name, drain(t, s), "a.1/1")
		if !s.Live() {
			t.Errorf("%s is not live", name)
		}
	}
	resumed := subscribe(t, h, after(t, live.Mark()), "a.*")
	expect(t, "nothing is new", drain(t, resumed))
}

func TestSharedView(t *testing.T) {
	h := newHub(t, newMemLog(2), Config{})
	a, b := subscribe(t, h, Start{}, "x.*", "x.1"), subscribe(t, h, Start{}, "x.*")
	if a.view != b.view || len(h.views) != 1 {
		t.Error("the same set of topics makes two views")
	}
	a.Close()
	a.Close()
	if len(h.views) != 1 {
		t.Error("the view is gone while a subscriber is there")
	}
	b.Close()
	if len(h.views) != 0 {
		t.Error("the view outlives its subscribers")
	}
}

func TestTrimmedIsTold(t *testing.T) {
	l := newMemLog(1)
	h := newHub(t, l, Config{})
	s := subscribe(t, h, Start{}, "a")
	l.append("a")
	step(t, h)
	expect(t, "before", drain(t, s), "a/0")
	was := after(t, s.Mark())
	for range 3 {
		l.append("a")
	}
	l.trim(0, 3)
	step(t, h)
	expect(t, "live", drain(t, s), "gap 1", "a/3")
	expect(t, "resumed", drain(t, subscribe(t, h, was, "a")), "gap 1", "a/3")
	expect(t, "earliest", drain(t, subscribe(t, h, Start{Earliest: true}, "a")), "a/3")
	l.trim(0, 1)
	expect(t, "all is trimmed", drain(t, subscribe(t, h, was, "a")), "gap 1")
	expect(t, "a time before", drain(t, subscribe(t, h, Start{Time: time.UnixMilli(5)}, "a")), "gap 1")
}

func TestGapCursorIsNotPastAnUntoldGap(t *testing.T) {
	l := newMemLog(1)
	h := newHub(t, l, Config{})
	s := subscribe(t, h, Start{}, "a")
	l.append("a")
	step(t, h)
	drain(t, s)
	was := s.Mark()
	l.append("a")
	l.append("a")
	l.trim(0, 2)
	step(t, h)
	b, _, err := s.Next(t.Context(), 1)
	if err != nil || b.Gap == nil {
		t.Fatal(b, err)
	}
	expect(t, "after the gap was told", drain(t, subscribe(t, h, after(t, b.Mark), "a")), "a/2")
	expect(t, "before it was told", drain(t, subscribe(t, h, after(t, was), "a")), "gap 1", "a/2")
}

func TestResetIsTold(t *testing.T) {
	l := newMemLog(2)
	h := newHub(t, l, Config{})
	l.append("a.0")
	step(t, h)
	live := subscribe(t, h, Start{}, ">")
	replaying := subscribe(t, h, Start{Earliest: true}, ">")
	was := after(t, live.Mark())
	l.renew(2)
	l.append("a.0")
	step(t, h)
	expect(t, "live", drain(t, live), "gap 2", "a.0/1")
	expect(t, "replaying", drain(t, replaying), "gap 2", "a.0/1")
	expect(t, "resumed", drain(t, subscribe(t, h, was, ">")), "gap 2", "a.0/1")
	expect(t, "resumed after it", drain(t, subscribe(t, h, after(t, live.Mark()), ">")))
}

func TestLaneWentBack(t *testing.T) {
	l := newMemLog(1)
	h := newHub(t, l, Config{})
	s := subscribe(t, h, Start{}, "a")
	l.append("a")
	l.append("a")
	step(t, h)
	expect(t, "before", drain(t, s), "a/0", "a/1")
	was := after(t, s.Mark())
	l.loseLast(0)
	step(t, h)
	expect(t, "live", drain(t, s), "gap 2")
	expect(t, "resumed", drain(t, subscribe(t, h, was, "a")), "gap 2")
	l.append("a")
	step(t, h)
	expect(t, "after it", drain(t, s), "gap 2", "a/2") // the log tells it, too
}

func TestLanesChanged(t *testing.T) {
	l := newMemLog(2)
	h := newHub(t, l, Config{})
	s := subscribe(t, h, Start{}, ">")
	was := after(t, s.Mark())
	l.renew(3)
	l.append("a")
	step(t, h)
	if _, _, err := s.Next(t.Context(), 1); !errors.Is(err, ErrLanesChanged) {
		t.Errorf("Next = %v, want ErrLanesChanged", err)
	}
	s.Close()
	expect(t, "resumed", drain(t, subscribe(t, h, was, ">")), "gap 2", "a/0")
}

func TestCorruptEntryIsTold(t *testing.T) {
	l := newMemLog(1)
	h := newHub(t, l, Config{})
	s := subscribe(t, h, Start{}, "a")
	l.append("a")
	l.appendRaw(0, []byte("garbage"))
	l.appendRaw(0, nil)
	l.append("a")
	step(t, h)
	want := []string{"a/0", "gap 2", "gap 2", "a/1"}
	expect(t, "live", drain(t, s), want...)
	expect(t, "replay", drain(t, subscribe(t, h, Start{Earliest: true}, "a")), want...)
}

func TestSlowSubscriberReadsOnFromTheLog(t *testing.T) {
	l := newMemLog(2)
	h := newHub(t, l, Config{RingBytes: 3 * (slotBytes + 80)})
	s := subscribe(t, h, Start{}, "a")
	var want []string
	for i := range 40 {
		l.append("a")
		l.append("b")
		step(t, h)
		want = append(want, fmt.Sprintf("a/%d", i))
	}
	if n := len(s.view.slots); n > 4 {
		t.Errorf("the ring holds %d slots", n)
	}
	expect(t, "slow", drain(t, s), want...)
	if !s.Live() {
		t.Error("it has not come back to the ring")
	}
}

func TestNotReady(t *testing.T) {
	l := newMemLog(1)
	h := NewHub(l, Config{})
	if _, err := h.Subscribe(t.Context(), Request{Patterns: patterns(t, "a")}); !errors.Is(err, ErrNotReady) {
		t.Errorf("Subscribe before the first read = %v", err)
	}
	step(t, h)
	s := subscribe(t, h, Start{Earliest: true}, "a")
	l.append("a")
	l.setBroken(true)
	if _, _, err := s.Next(t.Context(), 1); !errors.Is(err, ErrNotReady) {
		t.Errorf("Next without a log = %v", err)
	}
	l.setBroken(false)
	h.visit(t.Context())
	expect(t, "later", drain(t, s), "a/0")
}

// TestRun: notices wake subscribers as soon as they may, the slow poll repairs a lost notice,
// and the hub comes back after an outage.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newMemLog(2)
		l.setBroken(true)
		h := NewHub(l, Config{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		time.Sleep(time.Minute) // of the bubble's clock
		if h.Ready() {
			t.Error("ready without a log")
		}
		l.setBroken(false)
		time.Sleep(2 * retryMax)
		if !h.Ready() {
			t.Fatal("not ready")
		}
		s := subscribe(t, h, Start{}, "a")
		await := func(want string, within time.Duration) {
			t.Helper()
			start := time.Now()
			for {
				b, wait, err := s.Next(ctx, 1)
				if err != nil {
					t.Fatal(err)
				}
				if !b.Empty() {
					expect(t, "event", names(t, b), want)
					break
				}
				<-wait
			}
			if d := time.Since(start); d > within {
				t.Errorf("%s came after %s, want within %s", want, d, within)
			}
		}
		l.append("a")
		await("a/0", DefaultLinger) // after a round that happened to be just before
		l.mu.Lock()
		l.notify = nil // notices are lost
		l.mu.Unlock()
		l.append("a")
		await("a/1", DefaultPollInterval)
		l.setBroken(true)
		time.Sleep(10 * time.Second)
		if h.Ready() {
			t.Error("ready while the log is away")
		}
		l.setBroken(false)
		l.append("a")
		await("a/2", 2*retryMax)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v", err)
		}
	})
}

// FuzzParseCursor: nothing that somebody sends as a cursor is taken, or breaks
// anything, and neither does anything that is sealed as one.
func FuzzParseCursor(f *testing.F) {
	tr := tracker{sealer: testSealer}
	first := tr.mark("0123456789abcdef", []place{{0, eventlog.ID{}}, {3, eventlog.Oldest}, {4, eventlog.At(time.UnixMilli(99))}, {200, eventlog.ID{MS: 1700000000000, Seq: 7}}})
	second := tr.mark("0123456789abcdef", []place{{0, eventlog.ID{MS: 5}}, {3, eventlog.Oldest}, {4, eventlog.At(time.UnixMilli(99))}, {200, eventlog.ID{MS: 1700000000010}}})
	for _, m := range []Mark{first, second} {
		f.Add(m.Base(somebody), m.Step(), false)
		f.Add(m.base.body, m.Step()[min(len(m.Step()), stepTagBytes):], true)
	}
	f.Add([]byte{}, []byte{1}, false)
	f.Fuzz(func(t *testing.T, b, s []byte, seal bool) {
		if seal && len(b) > epochBytes {
			step := append(make([]byte, stepTagBytes), s...)
			testSealer.sealStep(digestOf(b), step)
			b, s = testSealer.sealBase(somebody, b), step
		}
		c, err := testSealer.ParseCursor(somebody, b, s)
		if err != nil {
			if !errors.Is(err, ErrCursor) {
				t.Errorf("error %v is no ErrCursor", err)
			}
			return
		}
		if len(c.Places) > eventlog.MaxLanes || len(c.Epoch) != 2*epochBytes {
			t.Errorf("%d lanes of epoch %q", len(c.Places), c.Epoch)
		}
	})
}

func TestCursorRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := tracker{sealer: testSealer}
		lanes := rapid.SliceOfNDistinct(rapid.IntRange(0, eventlog.MaxLanes-1), 1, 40, rapid.ID).Draw(t, "lanes")
		var places []place
		for lane := range eventlog.MaxLanes {
			for _, l := range lanes {
				if l == lane {
					places = append(places, place{lane, rapid.SampledFrom([]eventlog.ID{{}, eventlog.Oldest, eventlog.At(time.UnixMilli(4000)), {MS: 1 << 41, Seq: 9}}).Draw(t, "id")})
				}
			}
		}
		for range 30 {
			m := tr.mark("00000000000000aa", places)
			c, err := testSealer.ParseCursor(somebody, m.Base(somebody), m.Step())
			if err != nil {
				t.Fatal(err)
			}
			if c.Epoch != "00000000000000aa" || len(c.Places) != len(places) {
				t.Fatalf("decoded %+v", c)
			}
			for _, p := range places {
				if c.Places[p.lane] != p.id {
					t.Fatalf("lane %d: %v, want %v", p.lane, c.Places[p.lane], p.id)
				}
			}
			i := rapid.IntRange(0, len(places)-1).Draw(t, "moved")
			places[i].id = eventlog.ID{MS: places[i].id.MS + rapid.Uint64Range(1, 1e6).Draw(t, "by"), Seq: rapid.Uint64Range(0, 3).Draw(t, "seq")}
		}
	})
	t.Run("a step of another base", func(t *testing.T) {
		a, b := tracker{sealer: testSealer}, tracker{sealer: testSealer}
		at := func(ms uint64) []place { return []place{{0, eventlog.ID{MS: ms}}} }
		a.mark("00000000000000aa", at(1))
		other := b.mark("00000000000000aa", at(2))
		moved := a.mark("00000000000000aa", at(3))
		if _, err := testSealer.ParseCursor(somebody, other.Base(somebody), moved.Step()); !errors.Is(err, ErrCursor) {
			t.Errorf("ParseCursor = %v, want an error", err)
		}
	})
}

// TestCursorIsCheap: what the cursor of a one-event response costs a subscriber of
// every topic, over a long quiet stream.
func TestCursorIsCheap(t *testing.T) {
	l := newMemLog(eventlog.DefaultLanes)
	h := newHub(t, l, Config{})
	s := subscribe(t, h, Start{}, ">")
	last, sum := Mark{}, 0
	const events = 1000
	for i := range events {
		l.append(fmt.Sprintf("a.%d", i%50))
		step(t, h)
		b, _, err := s.Next(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		sum += len(b.Mark.Step())
		if !b.Mark.SameBase(last) {
			sum += len(b.Mark.Base(somebody))
		}
		last = b.Mark
	}
	if per := sum / events; per > 32 {
		t.Errorf("a cursor costs %d bytes, want at most 32", per)
	} else {
		t.Logf("a cursor costs %d bytes", per)
	}
}
