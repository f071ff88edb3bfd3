package eventlog

import (
	"fmt"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// hold returns what lane 0 holds.
func hold(t *testing.T, l *Log) []Entry {
	t.Helper()
	page := l.Read(t.Context(), l.epoch.get().ID, []Query{{After: Oldest, Count: 1000}})[0]
	if page.Err != nil {
		t.Fatal(page.Err)
	}
	return page.Entries
}

// TestClockJumps: whichever clock jumps, nothing is trimmed before the retention is over
// by both; then it is.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	start := time.Now()
	tests := []struct {
		name        string
		redis, ours time.Duration // when the last entry is appended
		entries     int           // that are left of ten and one
	}{
		{"no clock jumps", time.Second, time.Second, 11},
		{"both go on", 2 * time.Hour, 2 * time.Hour, 1},
		{"Redis's jumps ahead", 300 * 24 * time.Hour, time.Second, 11},
		{"ours jumps ahead", time.Second, 300 * 24 * time.Hour, 11},
		{"Redis's jumps back", -2 * time.Hour, 2 * time.Hour, 11},
		{"ours jumps back", 2 * time.Hour, -2 * time.Hour, 11},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := miniredis.RunT(t)
			l := openLog(t, "redis://"+m.Addr(), Config{Lanes: 1, Retention: time.Hour})
			at := func(redis, ours time.Duration) {
				m.SetTime(start.Add(redis))
				l.now = func() time.Time { return start.Add(ours) }
			}
			at(0, 0)
			for i := range 10 {
				mustAppend(t, l, "s0", items(i, 1, 1))
			}
			at(tt.redis, tt.ours)
			mustAppend(t, l, "s0", items(10, 1, 1))
			if got := len(hold(t, l)); got != tt.entries {
				t.Errorf("%d entries are held, want %d", got, tt.entries)
			}
			if err := l.trim(t.Context(), l.epoch.get()); err != nil {
				t.Fatal(err)
			}
			if got := len(hold(t, l)); got != tt.entries {
				t.Errorf("after trimming by the clock %d entries are held, want %d", got, tt.entries)
			}
			// Right again, nothing is lost or comes twice.
			at(time.Second, time.Second)
			before := len(hold(t, l))
			if got := mustAppend(t, l, "s0", items(9, 3, 1)); got.Events != 1 || got.Skipped != 2 {
				t.Errorf("afterwards: appended %+v, want one event", got)
			}
			all := hold(t, l)
			if len(all) != before+1 || all[before].Prev != all[before-1].ID || all[before].Torn {
				t.Errorf("afterwards the lane holds %+v", all)
			}
		})
	}
}

// TestTrimAll: what a full Redis is relieved of by.
func TestTrimAll(t *testing.T) {
	t.Parallel()
	m := miniredis.RunT(t)
	l := openLog(t, "redis://"+m.Addr(), Config{Lanes: 2, Retention: time.Hour, Budget: 8 * MinBudget})
	for i := range 40 {
		it := items(i, 1, 8)
		it[0].Bytes = make([]byte, 50_000)
		mustAppend(t, l, "s0", it)
	}
	epoch := l.epoch.get()
	epoch.Budget = MinBudget
	if err := l.trim(t.Context(), epoch); err != nil {
		t.Fatal(err)
	}
	s, err := l.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, lane := range s.Lanes {
		if lane.Held > MinBudget/2 || lane.Held < MinBudget/3 {
			t.Errorf("lane %d holds %d bytes", i, lane.Held)
		}
	}
	m.SetTime(time.Now().Add(2 * time.Hour))
	l.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	if err := l.trim(t.Context(), epoch); err != nil {
		t.Fatal(err)
	}
	if all := hold(t, l); len(all) != 0 {
		t.Errorf("%d entries are older than the retention", len(all))
	}
}

// TestMarksAreBounded: marks by key are dropped one to two lives after their last use,
// no sooner, whatever a clock does.
func TestMarksAreBounded(t *testing.T) {
	t.Parallel()
	m := miniredis.RunT(t)
	l := openLog(t, "redis://"+m.Addr(), Config{Lanes: 1, Retention: time.Hour, Parallel: true})
	start := time.Now()
	at := func(redis, ours time.Duration) {
		m.SetTime(start.Add(redis))
		l.now = func() time.Time { return start.Add(ours) }
	}
	sequence := 0
	key := func(key string) Item {
		sequence++
		return Item{Topic: "t", Key: key, Sequence: fmt.Sprint(sequence), Bytes: []byte("x")}
	}
	held := func() (n int) {
		for _, k := range l.marksKeys(l.epoch.get().ID, 0) {
			fields, err := l.rdb.HLen(t.Context(), k).Result()
			if err != nil {
				t.Fatal(err)
			}
			n += int(fields)
		}
		return n
	}
	at(0, 0)
	kept, dropped := key("kept"), key("dropped")
	mustAppend(t, l, "s0", []Item{kept, dropped})
	// One clock alone ends no life.
	at(5*time.Hour, time.Minute)
	mustAppend(t, l, "s0", []Item{key("a")})
	at(time.Minute, 50*time.Hour)
	mustAppend(t, l, "s0", []Item{key("b")})
	at(2*time.Minute, 2*time.Minute)
	if got := mustAppend(t, l, "s0", []Item{kept, dropped}); got.Skipped != 2 {
		t.Errorf("after clocks have jumped: %+v, want 2 skipped", got)
	}
	for hour := range 6 {
		d := time.Duration(hour+1) * 61 * time.Minute
		at(d, d)
		for range 50 {
			mustAppend(t, l, "s0", []Item{key(fmt.Sprint("k", sequence))})
		}
		if got := mustAppend(t, l, "s0", []Item{kept}); got.Skipped != 1 {
			t.Errorf("after %s: %+v, want what is asked for to be known", d, got)
		}
		if n := held(); n > 2*51+4 {
			t.Errorf("after %s %d marks are held", d, n)
		}
	}
	if got := mustAppend(t, l, "s0", []Item{dropped}); got.Events != 1 {
		t.Errorf("a mark of six hours ago: %+v", got)
	}
}

// TestRefillWithoutMarks: a run that raises none of the marks by key, because there are
// none, goes on when it is time to turn them over.
func TestRefillWithoutMarks(t *testing.T) {
	t.Parallel()
	m := miniredis.RunT(t)
	l := openLog(t, "redis://"+m.Addr(), Config{Lanes: 1, Parallel: true, Retention: time.Minute})
	start := time.Now()
	for i := range 3 {
		at := start.Add(time.Duration(i) * time.Hour)
		m.SetTime(at)
		l.now = func() time.Time { return at }
		if got, err := l.Refill(t.Context(), "r", "s0", "0", items(i, 1, 1)); err != nil || got.Events != 1 {
			t.Errorf("after %d hours: %+v, %v", i, got, err)
		}
	}
}

// TestTidied: a lane that grows is kept from expiring by one append a second, whichever
// way the clock goes, and by the first after it has held nothing.
func TestTidied(t *testing.T) {
	t.Parallel()
	m := miniredis.RunT(t)
	l := openLog(t, "redis://"+m.Addr(), Config{Lanes: 1, Parallel: true})
	start := time.Now()
	sequence := 0
	grow := func(at time.Duration) {
		l.now = func() time.Time { return start.Add(at) }
		sequence++
		mustAppend(t, l, "s0", items(sequence, 1, 1))
	}
	grow(0)
	epoch := l.epoch.get().ID
	keys := append([]string{l.entriesKey(epoch, 0), l.sizesKey(epoch, 0), l.stateKey(epoch, 0)}, l.marksKeys(epoch, 0)[0])
	kept := func() (n int) {
		for _, k := range keys {
			if m.TTL(k) > time.Minute {
				n++
			}
			m.SetTTL(k, time.Minute)
		}
		return n
	}
	for _, tt := range []struct {
		at   time.Duration
		want int
	}{
		{0, len(keys)}, {999 * time.Millisecond, 0}, {time.Second, len(keys)}, {time.Second, 0},
		{-time.Hour, len(keys)}, {-time.Hour, 0}, {time.Hour, len(keys)},
	} {
		if tt.at != 0 {
			grow(tt.at)
		}
		if got := kept(); got != tt.want {
			t.Errorf("at %s: %d keys are kept, want %d", tt.at, got, tt.want)
		}
	}
	m.Del(keys[0])
	m.Del(keys[1])
	grow(time.Hour)
	if got := kept(); got != len(keys) {
		t.Errorf("after it has expired: %d keys are kept, want all", got)
	}
	m.Del(keys[3])
	grow(time.Hour)
	if m.TTL(keys[3]) <= time.Minute {
		t.Error("new marks do not expire")
	}
}
