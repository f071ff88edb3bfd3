package eventlog

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/eventlog/redistest"
)

func openLog(t *testing.T, url string, cfg Config) *Log {
	t.Helper()
	cfg.URL, cfg.Patience = url, redistest.Patience
	l, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// items makes n items with sequence numbers from first on, over so many topics.
func items(first, n, topics int) []Item {
	var its []Item
	for i := first; i < first+n; i++ {
		its = append(its, Item{Topic: fmt.Sprintf("t.%d", i%topics), Key: "k", Sequence: fmt.Sprint(i), Bytes: fmt.Appendf(nil, "<%d>", i)})
	}
	return its
}

func mustAppend(t *testing.T, l *Log, shard string, its []Item) Appended {
	t.Helper()
	got, err := l.Append(t.Context(), shard, its)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestOpenNamesEveryMistake(t *testing.T) {
	_, err := Open(Config{URL: "http://user:hunter2@x", Name: "a b", Lanes: 1000, Retention: time.Millisecond, Budget: 5})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"redis://host:port", "log name", "lanes 1000: want 1 to 256", "retention 1ms: want 1s to", "budget 5 bytes: want 1048576 to"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error tells the password: %v", err)
	}
}

func TestParseURL(t *testing.T) {
	type want struct {
		Addrs   []string
		DB      int
		Cluster bool
		TLS     bool
	}
	tests := []struct {
		url  string
		want want
	}{
		{"redis://localhost", want{Addrs: []string{"localhost:6379"}}},
		{"redis://localhost:1234/2", want{Addrs: []string{"localhost:1234"}, DB: 2}},
		{"rediss://u:p@cache:6380?cluster=true", want{Addrs: []string{"cache:6380"}, Cluster: true, TLS: true}},
		{"redis://a:1?addr=b:2&addr=c", want{Addrs: []string{"a:1", "b:2", "c:6379"}, Cluster: true}},
		{"redis://[::1]", want{Addrs: []string{"[::1]:6379"}}},
	}
	for _, tt := range tests {
		o, err := parseURL(tt.url)
		if err != nil {
			t.Errorf("%s: %v", tt.url, err)
			continue
		}
		if diff := cmp.Diff(tt.want, want{o.Addrs, o.DB, o.IsClusterMode, o.TLSConfig != nil}); diff != "" {
			t.Errorf("%s: %s", tt.url, diff)
		}
	}
	for _, bad := range []string{"", "localhost:6379", "redis://", "redis://h/x", "redis://h?x=1", "redis://h?cluster=maybe", "redis://h/1?cluster=true", "redis://%zz"} {
		if _, err := parseURL(bad); err == nil {
			t.Errorf("parseURL(%q): no error", bad)
		}
	}
}

func TestAppendErrorNamesTheLowest(t *testing.T) {
	m := miniredis.RunT(t)
	l := openLog(t, "redis://"+m.Addr(), Config{Lanes: 4})
	its := items(0, 8, 8)
	mustAppend(t, l, "s0", its[:4])
	failed := -1
	for _, it := range its[4:] { // one lane of those to come cannot be written
		if LaneOf(it.Topic, 4) != LaneOf(its[4].Topic, 4) {
			failed = LaneOf(it.Topic, 4)
			break
		}
	}
	m.Del(l.entriesKey(l.epoch.get().ID, failed))
	if err := m.Set(l.entriesKey(l.epoch.get().ID, failed), "not a stream"); err != nil {
		t.Fatal(err)
	}
	_, err := l.Append(t.Context(), "s0", its[4:])
	var appendErr *AppendError
	if !errors.As(err, &appendErr) {
		t.Fatalf("Append = %v, want an *AppendError", err)
	}
	want := ""
	for _, it := range its[4:] {
		if LaneOf(it.Topic, 4) == failed {
			want = it.Sequence
			break
		}
	}
	if appendErr.First != want {
		t.Errorf("First = %s, want %s", appendErr.First, want)
	}
}

func TestAppendWithoutRedis(t *testing.T) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	lis.Close()
	l := openLog(t, "redis://"+lis.Addr().String(), Config{})
	_, err = l.Append(t.Context(), "s0", items(7, 3, 1))
	var appendErr *AppendError
	if !errors.As(err, &appendErr) || appendErr.First != "7" {
		t.Errorf("Append = %v, want an *AppendError from 7", err)
	}
}

// TestLaneOf: the lane of a topic is part of the stored format.
func TestLaneOf(t *testing.T) {
	for name, want := range map[string]int{"weather.us.ny": 10, "weather.us.pa": 8, "$spillway.unrouted": 8} {
		if got := LaneOf(name, 16); got != want {
			t.Errorf("LaneOf(%s, 16) = %d, want %d", name, got, want)
		}
	}
}

func FuzzParseID(f *testing.F) {
	for _, s := range []string{"0-0", "1700000000000-1", "18446744073709551615-18446744073709551615", "-", "1", "a-b", "1-2-3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		if err != nil {
			return
		}
		if back, err := ParseID(id.String()); err != nil || back != id {
			t.Errorf("%q reads as %v, written and read again %v, %v", s, id, back, err)
		}
	})
}

// TestAppendMakesNoGarbage: making the arguments of an append allocates by lane and entry,
// not by event.
func TestAppendMakesNoGarbage(t *testing.T) {
	const n, topics = 5000, 40
	its := make([]Item, n)
	for i := range its {
		its[i] = Item{Topic: fmt.Sprint("t.", i%topics), Key: "k", Sequence: fmt.Sprint(i), Bytes: make([]byte, 250)}
	}
	entries := 0
	var mem []byte
	allocs := testing.AllocsPerRun(10, func() {
		entries, mem = 0, mem[:0]
		for _, p := range split(its, DefaultLanes) {
			var chunks [][]byte
			chunks, mem = chunk(mem, p.items)
			entries += len(chunks)
		}
	})
	if most := float64(10 + 2*entries); allocs > most {
		t.Errorf("%v allocations for %d events in %d entries, want at most %v", allocs, n, entries, most)
	}
}

// TestReadMakesNoGarbage: what a page costs in garbage is by entry, not by event, and
// not by byte but for the bytes themselves.
func TestReadMakesNoGarbage(t *testing.T) {
	const entries, few, many = 20, 1, 40
	r := redistest.Server(t)
	read := func(events int) float64 {
		l, err := Open(Config{URL: r.URL, Lanes: 1, Patience: redistest.Patience, Name: fmt.Sprint("garbage-", events)})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for n := range entries {
			if _, err := l.Append(t.Context(), "s", items(n*events+1, events, 1)); err != nil {
				t.Fatal(err)
			}
		}
		epoch, err := l.Epoch(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return testing.AllocsPerRun(50, func() {
			page := l.Read(t.Context(), epoch.ID, []Query{{After: Oldest, Count: entries}})[0]
			if len(page.Entries) != entries {
				t.Fatalf("%d entries: %v", len(page.Entries), page.Err)
			}
		})
	}
	less, more := read(few), read(many)
	const noise = entries / 2 // what goes on beside, as in the pool of connections
	if more > less+noise || less > 16*entries {
		t.Errorf("%v allocations for %d entries of an event and %v of %d, want the same, and at most 16 for an entry", less, entries, more, many)
	}
}

// TestSplit: parts have the items of their lane in order, and none has another's.
func TestSplit(t *testing.T) {
	t.Parallel()
	for _, topics := range []int{1, 2, 50} {
		its := items(0, 200, topics)
		seen := map[int]bool{}
		n := 0
		for _, p := range split(its, DefaultLanes) {
			if seen[p.lane] {
				t.Errorf("%d topics: lane %d comes twice", topics, p.lane)
			}
			seen[p.lane] = true
			for i, it := range p.items {
				if LaneOf(it.Topic, DefaultLanes) != p.lane || i > 0 && !sequenceLess(p.items[i-1].Sequence, it.Sequence) {
					t.Errorf("%d topics: lane %d has %+v at %d", topics, p.lane, it, i)
				}
			}
			n += len(p.items)
		}
		if n != len(its) {
			t.Errorf("%d topics: %d items, want %d", topics, n, len(its))
		}
	}
}
