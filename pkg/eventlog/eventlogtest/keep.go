package eventlogtest

import (
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/eventlog/redistest"
)

// now is a sequence number that is higher than those before.
func now() int { return int(time.Now().UnixNano()) }

func testTrim(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 1, Retention: eventlog.MinRetention})
	// Redis trims whole nodes of its tree, of some 100 entries each.
	const entries = 300
	for i := range entries {
		mustAppend(t, l, "s0", items(i, 1, 1))
	}
	first := read(t, l, eventlog.Query{After: eventlog.Oldest, Count: 1})
	pos := first[0].ID
	var page []eventlog.Entry
	redistest.Eventually(t, func() bool {
		mustAppend(t, l, "s0", items(now(), 1, 1))
		page = read(t, l, eventlog.Query{After: pos, Count: 1})
		return page[0].Follows(pos) == eventlog.Trimmed
	})
	if page[0].Follows(eventlog.Oldest) != eventlog.Continuous {
		t.Error("reading from the oldest tells of missing entries")
	}
	if page[0].Follows(eventlog.At(page[0].Prev.Time().Add(-time.Hour))) != eventlog.Trimmed {
		t.Error("reading from a time before the oldest entry does not tell of the missing ones")
	}
}

// cost is what the package says that an entry takes.
func cost(e eventlog.Entry) int64 { return int64(len(e.Data) + len(e.Data)/8 + 64) }

func testBudget(t *testing.T, w *world) {
	const budget = eventlog.MinBudget
	l := w.open(t, eventlog.Config{Lanes: 1, Budget: budget})
	var appended int64
	grow := func(n, size int) {
		for range n {
			it := items(now(), 1, 1)
			it[0].Bytes = make([]byte, size)
			mustAppend(t, l, "s0", it)
			appended += cost(eventlog.Entry{Data: it[0].Bytes})
		}
	}
	grow(1, 100)
	pos := state(t, l).Head
	for _, size := range []int{60 << 10, 1000, eventlog.MaxEntryBytes, 20_000} {
		grow(budget*5/4/size, size)
		s := state(t, l)
		var held int64
		page := readLane(t, l, 0)
		for _, e := range page {
			held += cost(e)
		}
		if s.Appended != appended || s.Held != held {
			t.Errorf("events of %d bytes: appended %d, held %d, want %d and %d", size, s.Appended, s.Held, appended, held)
		}
		if least := int64(budget - budget/64 - 80<<10); held > budget || held < least {
			t.Errorf("events of %d bytes: %d bytes are held, want %d to %d", size, held, least, budget)
		}
		if page[0].Follows(pos) != eventlog.Trimmed {
			t.Error("the first entry does not tell of those that are trimmed")
		}
	}
	grow(1, 2*budget) // more than there is room for: it stays, until there is another
	if page := readLane(t, l, 0); len(page) != 1 || len(page[0].Data) != 2*budget {
		t.Errorf("%d entries are held", len(page))
	}
	grow(2, 10)
	if page := readLane(t, l, 0); len(page) > 2 {
		t.Errorf("%d entries are held", len(page))
	}
}

func testIdleLane(t *testing.T, w *world) {
	const day = 24 * time.Hour
	l := w.open(t, eventlog.Config{Lanes: 1, Retention: eventlog.MinRetention, Parallel: true})
	mustAppend(t, l, "s0", items(0, 1, 1))
	// The state stays for longer than Kinesis brings records again.
	for kind, want := range map[string]time.Duration{
		"entries": eventlog.MinRetention + day, "sizes": eventlog.MinRetention + day, "state": 400 * day, "marks": 400 * day,
	} {
		ttl, err := w.client.PTTL(t.Context(), w.lane(t, l, 0).Key(kind)).Result()
		if err != nil || ttl > want || ttl < want-time.Minute {
			t.Errorf("%s expire in %s (%v), want in %s", kind, ttl, err, want)
		}
	}
	// Expired, a lane goes on as if it had been trimmed.
	head := state(t, l).Head
	if err := w.client.Del(t.Context(), w.lane(t, l, 0).Key("entries"), w.lane(t, l, 0).Key("sizes")).Err(); err != nil {
		t.Fatal(err)
	}
	if s := state(t, l); s.Head != head || s.Held != 0 {
		t.Errorf("state %+v, want head %v and nothing held", s, head)
	}
	mustAppend(t, l, "s0", items(1, 1, 1))
	if e := readLane(t, l, 0)[0]; e.Follows(head) != eventlog.Continuous {
		t.Errorf("entry %+v does not follow %v", e, head)
	}
}

// testFarAhead: Redis's clock was a year ahead for a moment.
func testFarAhead(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 1, Retention: time.Hour})
	mustAppend(t, l, "s0", items(0, 2, 1))
	lane := w.lane(t, l, 0)
	far := strconv.FormatInt(time.Now().AddDate(1, 0, 0).UnixMilli(), 10) + "-0"
	add := &redis.XAddArgs{Stream: lane.Key("entries"), ID: far, Values: []any{"p", state(t, l).Head.String(), "e", "<2>"}}
	if err := w.client.XAdd(t.Context(), add).Err(); err != nil {
		t.Fatal(err)
	}
	if err := w.client.HSet(t.Context(), lane.Key("state"), "ids", " "+far+" ").Err(); err != nil {
		t.Fatal(err)
	}
	// A whole node of the stream's tree, so that trimming could have something to trim.
	for i := range 300 {
		mustAppend(t, l, "s0", items(3+i, 1, 1))
		wantAppended(t, eventlog.Appended{Skipped: 1}, mustAppend(t, l, "s0", items(3+i, 1, 1)))
	}
	all := readLane(t, l, 0)
	if got := len(all); got != 302 || torn(all) > 0 {
		t.Fatalf("%d entries, %d torn, want 302 and none", got, torn(all))
	}
	// Its clock is right again, and it has forgotten the ids that it gave.
	head := state(t, l).Head
	if err := w.client.Del(t.Context(), lane.Key("entries"), lane.Key("sizes")).Err(); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, l, "s0", items(1000, 1, 1))
	mustAppend(t, l, "s0", items(1001, 1, 1))
	page := read(t, l, eventlog.Query{After: head, Count: 9})
	if len(page) != 2 || page[0].Follows(head) != eventlog.Continuous || page[1].Follows(page[0].ID) != eventlog.Continuous {
		t.Errorf("after %v comes %+v", head, page)
	}
}

func testEpochKeepsLanes(t *testing.T, w *world) {
	a := mustEpoch(t, w.open(t, eventlog.Config{Lanes: 5, Retention: time.Minute, Budget: eventlog.MinBudget}))
	b := mustEpoch(t, w.open(t, eventlog.Config{Lanes: 7}))
	if a != b || b.Lanes != 5 || b.Retention != time.Minute || b.Budget != eventlog.MinBudget {
		t.Errorf("the second to come sees %+v, the first %+v", b, a)
	}
}

func testGoverns(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 1, Budget: 16 * eventlog.MinBudget})
	fill := func() {
		for range 20 {
			it := items(now(), 1, 1)
			it[0].Bytes = make([]byte, 60<<10)
			mustAppend(t, l, "s0", it)
		}
	}
	fill()
	if s := state(t, l); s.Held <= eventlog.MinBudget {
		t.Errorf("held %d", s.Held)
	}
	governor := w.open(t, eventlog.Config{Lanes: 9, Retention: time.Minute, Budget: eventlog.MinBudget, Governs: true})
	got := mustEpoch(t, governor)
	if got.Lanes != 1 || got.Retention != time.Minute || got.Budget != eventlog.MinBudget {
		t.Errorf("the log is %+v", got)
	}
	fill() // who has it open finds out by appending
	if s := state(t, governor); s.Held > eventlog.MinBudget {
		t.Errorf("held %d, want at most %d", s.Held, eventlog.MinBudget)
	}
	if other := mustEpoch(t, w.open(t, eventlog.Config{Retention: time.Hour})); other != got {
		t.Errorf("another one sees %+v, want %+v", other, got)
	}
}

func testStartTime(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 1})
	mustAppend(t, l, "s0", items(0, 1, 1))
	first := state(t, l).Head
	redistest.Eventually(t, func() bool {
		mustAppend(t, l, "s0", items(now(), 1, 1))
		return state(t, l).Head.MS > first.MS
	})
	for _, tt := range []struct {
		after eventlog.ID
		first bool
	}{
		{eventlog.At(first.Time()), true},
		{eventlog.At(first.Time().Add(time.Microsecond)), false},
		{eventlog.At(first.Time().Add(time.Millisecond)), false},
		{eventlog.At(time.Time{}), true},
	} {
		page := read(t, l, eventlog.Query{After: tt.after, Count: 1})
		if got := page[0].ID == first; got != tt.first {
			t.Errorf("reading after %v: begins with the first entry = %v, want %v", tt.after, got, tt.first)
		}
		if page[0].Follows(tt.after) != eventlog.Continuous {
			t.Errorf("reading after %v tells of missing entries", tt.after)
		}
	}
}

func testForeignEntry(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 1})
	mustAppend(t, l, "s0", items(0, 1, 1))
	head := state(t, l).Head
	if err := w.client.Do(t.Context(), "XADD", w.lane(t, l, 0).Key("entries"), "*", "x", "y").Err(); err != nil {
		t.Fatal(err)
	}
	if e := read(t, l, eventlog.Query{After: head, Count: 1})[0]; e.Data != nil || e.Torn || e.Follows(head) == eventlog.Continuous {
		t.Errorf("a foreign entry is read as %+v", e)
	}
}
