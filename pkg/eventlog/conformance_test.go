package eventlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
)

// redisUnderTest is a Redis that a conformance test may do what it likes with.
type redisUnderTest struct {
	url   string
	flush func(t *testing.T)
}

// TestConformance holds the log to the same behaviour on every Redis that we run
// on.
func TestConformance(t *testing.T) {
	t.Run("miniredis", func(t *testing.T) {
		conformance(t, func(t *testing.T) redisUnderTest {
			m := miniredis.RunT(t)
			return redisUnderTest{"redis://" + m.Addr(), func(*testing.T) { m.FlushAll() }}
		}, true)
	})
	t.Run("redis-server", func(t *testing.T) {
		if _, err := exec.LookPath("redis-server"); err != nil {
			t.Skip("redis-server is not installed: the log is tested on miniredis only")
		}
		conformance(t, func(t *testing.T) redisUnderTest { return startRedis(t) }, true)
	})
	t.Run("cluster", func(t *testing.T) {
		if _, err := exec.LookPath("redis-server"); err != nil {
			t.Skip("redis-server is not installed: the log is not tested on a cluster")
		}
		// One for all, in turn: a cluster needs two seconds to find that it is one.
		r := startCluster(t)
		conformance(t, func(t *testing.T) redisUnderTest { r.flush(t); return r }, false)
	})
}

// startCluster starts a cluster of one node: what differs for a client is the
// protocol, sharded Pub/Sub and that a script must stay in one slot.
func startCluster(t *testing.T) redisUnderTest {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, bus, _ := net.SplitHostPort(lis.Addr().String())
	lis.Close()
	r := startRedis(t, "--cluster-enabled", "yes", "--cluster-port", bus)
	port := r.url[strings.LastIndexByte(r.url, ':')+1:]
	redisCLI(t, port, "CLUSTER", "ADDSLOTSRANGE", "0", "16383")
	eventually(t, func() bool { return strings.Contains(redisCLI(t, port, "CLUSTER", "INFO"), "cluster_state:ok") })
	r.url += "?cluster=true"
	return r
}

// startRedis starts a redis-server for the test, without persistence.
func startRedis(t *testing.T, args ...string) redisUnderTest {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := lis.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	lis.Close()
	cmd := exec.Command("redis-server", append([]string{"--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--dir", t.TempDir()}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	waitFor(t, out, "Ready to accept connections")
	return redisUnderTest{"redis://" + addr, func(t *testing.T) { redisCLI(t, port, "FLUSHALL") }}
}

// waitFor reads until a line says text, and goes on reading in the background.
func waitFor(t *testing.T, r io.Reader, text string) {
	t.Helper()
	var seen strings.Builder
	buf := make([]byte, 1024)
	for !strings.Contains(seen.String(), text) {
		n, err := r.Read(buf)
		seen.Write(buf[:n])
		if err != nil {
			t.Fatalf("redis-server said %q, then: %v", seen.String(), err)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
}

func redisCLI(t *testing.T, port string, args ...string) string {
	t.Helper()
	out, err := exec.Command("redis-cli", append([]string{"-p", port}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("redis-cli %v: %v: %s", args, err, out)
	}
	return string(out)
}

// conformance runs the tests, side by side if each has a Redis of its own.
func conformance(t *testing.T, start func(t *testing.T) redisUnderTest, parallel bool) {
	tests := []struct {
		name string
		run  func(t *testing.T, r redisUnderTest)
	}{
		{"appends are read in order", testReadsInOrder},
		{"a repeated batch appears once", testRepeatedBatch},
		{"a batch that overlaps appears once", testOverlap},
		{"shards have their own marks", testShardMarks},
		{"a large batch becomes several entries", testLargeBatch},
		{"what is older than the retention is trimmed", testTrim},
		{"a lane that lost its data tells", testReset},
		{"a warm writer follows a new epoch", testNewEpoch},
		{"a start time", testStartTime},
		{"notices", testNotices},
		{"the epoch keeps its lanes", testEpochKeepsLanes},
		{"a foreign entry is told as missing", testForeignEntry},
		{"a lane that gets nothing more expires", testIdleLane},
		{"trimming by the clock", testTrimAll},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if parallel {
				t.Parallel()
			}
			tt.run(t, start(t))
		})
	}
}

func openLog(t *testing.T, r redisUnderTest, cfg Config) *Log {
	t.Helper()
	cfg.URL = r.url
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
		its = append(its, Item{Topic: fmt.Sprintf("t.%d", i%topics), Sequence: fmt.Sprint(i), Bytes: fmt.Appendf(nil, "<%d>", i)})
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

// read reads a page of the present epoch.
func read(t *testing.T, l *Log, q Query) ([]Entry, error) {
	page := l.Read(t.Context(), l.epoch.get().ID, []Query{q})[0]
	return page.Entries, page.Err
}

// readAll returns what all lanes hold, concatenated lane by lane, and checks that
// the entries are linked.
func readAll(t *testing.T, l *Log) string {
	t.Helper()
	state, err := l.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for lane := range state.Lanes {
		for pos := Oldest; ; {
			page, err := read(t, l, Query{Lane: lane, After: pos, Count: 2})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page {
				if e.Follows(pos) != Continuous {
					t.Errorf("lane %d: entry %v with predecessor %v does not follow %v", lane, e.ID, e.Prev, pos)
				}
				pos = e.ID
				all.Write(e.Data)
			}
			if len(page) == 0 {
				break
			}
		}
	}
	return all.String()
}

func testReadsInOrder(t *testing.T, r redisUnderTest) {
	l := openLog(t, r, Config{Lanes: 1})
	var want strings.Builder
	for batch := range 5 {
		its := items(batch*3, 3, 2)
		if diff := cmp.Diff(Appended{Events: 3, Entries: 1}, mustAppend(t, l, "s0", its)); diff != "" {
			t.Error(diff)
		}
		for _, it := range its {
			want.Write(it.Bytes)
		}
	}
	if diff := cmp.Diff(want.String(), readAll(t, l)); diff != "" {
		t.Error(diff)
	}
}

func testRepeatedBatch(t *testing.T, r redisUnderTest) {
	l := openLog(t, r, Config{Lanes: 4})
	its := items(10, 20, 7)
	first := mustAppend(t, l, "s0", its)
	before := readAll(t, l)
	if diff := cmp.Diff(Appended{Skipped: 20}, mustAppend(t, l, "s0", its)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before, readAll(t, l)); diff != "" {
		t.Error(diff)
	}
	if first.Events != 20 || strings.Count(before, "<") != 20 {
		t.Errorf("appended %+v, read %q, want 20 events", first, before)
	}
}

func testOverlap(t *testing.T, r redisUnderTest) {
	l := openLog(t, r, Config{Lanes: 1})
	mustAppend(t, l, "s0", items(5, 5, 1)) // 5..9; the next is longer by a digit
	got := mustAppend(t, l, "s0", items(7, 6, 1))
	if diff := cmp.Diff(Appended{Events: 3, Skipped: 3, Entries: 1}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("<5><6><7><8><9><10><11><12>", readAll(t, l)); diff != "" {
		t.Error(diff)
	}
}

func testShardMarks(t *testing.T, r redisUnderTest) {
	l := openLog(t, r, Config{Lanes: 1})
	mustAppend(t, l, "s0", items(100, 2, 1))
	if got := mustAppend(t, l, "s1", items(50, 2, 1)); got.Events != 2 {
		t.Errorf("another shard's batch: %+v, want 2 events", got)
	}
	if diff := cmp.Diff("<100><101><50><51>", readAll(t, l)); diff != "" {
		t.Error(diff)
	}
}

func testLargeBatch(t *testing.T, r redisUnderTest) {
	l := openLog(t, r, Config{Lanes: 1})
	var its []Item
	for i := range 5 {
		its = append(its, Item{"t", "k", fmt.Sprint(i), make([]byte, MaxEntryBytes/2-1)})
	}
	its = append(its, Item{"t", "k", "5", make([]byte, 3*MaxEntryBytes)})
	if diff := cmp.Diff(Appended{Events: 6, Entries: 4}, mustAppend(t, l, "s0", its)); diff != "" {
		t.Error(diff)
	}
	if got, want := len(readAll(t, l)), 5*(MaxEntryBytes/2-1)+3*MaxEntryBytes; got != want {
		t.Errorf("read %d bytes, want %d", got, want)
	}
}

func testTrim(t *testing.T, r redisUnderTest) {
	l := openLog(t, r, Config{Lanes: 1, Retention: MinRetention})
	// Redis trims whole nodes of its tree, of some 100 entries each.
	const entries = 300
	for i := range entries {
		mustAppend(t, l, "s0", items(i, 1, 1))
	}
	page, err := read(t, l, Query{Lane: 0, After: Oldest, Count: 1})
	if err != nil || len(page) != 1 {
		t.Fatal(page, err)
	}
	pos := page[0].ID
	eventually(t, func() bool {
		mustAppend(t, l, "s0", items(int(time.Now().UnixMilli()), 1, 1))
		page, err = read(t, l, Query{Lane: 0, After: pos, Count: 1})
		return err == nil && page[0].Follows(pos) == Trimmed
	})
	if page[0].Follows(Oldest) != Continuous {
		t.Error("reading from the oldest tells of missing entries")
	}
	if page[0].Follows(At(page[0].Prev.Time().Add(-time.Hour))) != Trimmed {
		t.Error("reading from a time before the oldest entry does not tell of the missing ones")
	}
}

func testReset(t *testing.T, r redisUnderTest) {
	l := openLog(t, r, Config{Lanes: 1})
	mustAppend(t, l, "s0", items(0, 2, 1))
	state, err := l.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.flush(t)
	// An id of the same millisecond could be the old head's again.
	eventually(t, func() bool { return time.Now().After(state.Lanes[0].Head.Time().Add(time.Millisecond)) })
	mustAppend(t, l, "s0", items(2, 1, 1))
	page, err := read(t, l, Query{Lane: 0, After: state.Lanes[0].Head, Count: 9})
	if err != nil || len(page) != 1 {
		t.Fatal(page, err)
	}
	if got := page[0].Follows(state.Lanes[0].Head); got != Reset {
		t.Errorf("continuity after a loss of all data = %v, want Reset", got)
	}
}

func testNewEpoch(t *testing.T, r redisUnderTest) {
	warm, other := openLog(t, r, Config{Lanes: 2}), openLog(t, r, Config{Lanes: 3})
	mustAppend(t, warm, "s0", items(0, 6, 6))
	r.flush(t)
	epoch, err := other.Epoch(t.Context()) // somebody else makes the log anew
	if err != nil {
		t.Fatal(err)
	}
	if got := mustAppend(t, warm, "s0", items(0, 12, 12)); got.Events != 12 {
		t.Errorf("appended %+v, want 12 events", got)
	}
	if got := warm.epoch.get(); got != epoch || got.Lanes != 3 {
		t.Errorf("the warm writer works in %+v, want %+v", got, epoch)
	}
	if got := strings.Count(readAll(t, other), "<"); got != 12 {
		t.Errorf("the new log holds %d events, want 12", got)
	}
}

func testStartTime(t *testing.T, r redisUnderTest) {
	l := openLog(t, r, Config{Lanes: 1})
	mustAppend(t, l, "s0", items(0, 1, 1))
	state, err := l.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first := state.Lanes[0].Head
	eventually(t, func() bool {
		mustAppend(t, l, "s0", items(int(time.Now().UnixMilli()), 1, 1))
		state, err = l.State(t.Context())
		return err == nil && state.Lanes[0].Head.MS > first.MS
	})
	for _, tt := range []struct {
		after ID
		first bool
	}{{At(first.Time()), true}, {At(first.Time().Add(time.Microsecond)), false}, {At(first.Time().Add(time.Millisecond)), false}, {At(time.Time{}), true}} {
		page, err := read(t, l, Query{Lane: 0, After: tt.after, Count: 1})
		if err != nil || len(page) != 1 {
			t.Fatal(page, err)
		}
		if got := page[0].ID == first; got != tt.first {
			t.Errorf("reading after %v: begins with the first entry = %v, want %v", tt.after, got, tt.first)
		}
		if page[0].Follows(tt.after) != Continuous {
			t.Errorf("reading after %v tells of missing entries", tt.after)
		}
	}
}

func testNotices(t *testing.T, r redisUnderTest) {
	l := openLog(t, r, Config{Lanes: 3})
	grown := make(chan int, 64)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Notices(ctx, 3, func(lane int) { grown <- lane }) }()
	for range 3 { // the subscription being in force
		<-grown
	}
	it := items(0, 1, 1)
	mustAppend(t, l, "s0", it)
	if got, want := <-grown, LaneOf(it[0].Topic, 3); got != want {
		t.Errorf("notice of lane %d, want %d", got, want)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Notices = %v", err)
	}
}

func testEpochKeepsLanes(t *testing.T, r redisUnderTest) {
	a, err := openLog(t, r, Config{Lanes: 5, Retention: time.Minute}).Epoch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, err := openLog(t, r, Config{Lanes: 7}).Epoch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a != b || b.Lanes != 5 || b.Retention != time.Minute {
		t.Errorf("the second to come sees %+v, the first %+v", b, a)
	}
}

func testForeignEntry(t *testing.T, r redisUnderTest) {
	l := openLog(t, r, Config{Lanes: 1})
	mustAppend(t, l, "s0", items(0, 1, 1))
	state, err := l.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.rdb.Do(t.Context(), "XADD", l.entriesKey(l.epoch.get().ID, 0), "*", "x", "y").Err(); err != nil {
		t.Fatal(err)
	}
	page, err := read(t, l, Query{Lane: 0, After: state.Lanes[0].Head, Count: 1})
	if err != nil || len(page) != 1 {
		t.Fatal(page, err)
	}
	if e := page[0]; e.Data != nil || e.Follows(state.Lanes[0].Head) == Continuous {
		t.Errorf("a foreign entry is read as %+v", e)
	}
}

func testIdleLane(t *testing.T, r redisUnderTest) {
	l := openLog(t, r, Config{Lanes: 1, Retention: MinRetention})
	mustAppend(t, l, "s0", items(0, 1, 1))
	ttl, err := l.rdb.PTTL(t.Context(), l.entriesKey(l.epoch.get().ID, 0)).Result()
	if slack := 24 * time.Hour; err != nil || ttl <= MinRetention || ttl > MinRetention+slack {
		t.Errorf("entries expire in %s (%v), want a day after the retention of %s", ttl, err, MinRetention)
	}
	// The state stays for longer: what comes later continues what was there.
	ttl, err = l.rdb.PTTL(t.Context(), l.stateKey(l.epoch.get().ID, 0)).Result()
	if err != nil || ttl <= 365*24*time.Hour {
		t.Errorf("the state expires in %s (%v), want not within what Kinesis retains", ttl, err)
	}
}

func testTrimAll(t *testing.T, r redisUnderTest) {
	l := openLog(t, r, Config{Lanes: 2, Retention: MinRetention})
	mustAppend(t, l, "s0", items(0, 8, 8))
	epoch := l.epoch.get()
	epoch.Retention = 0 // everything is too old
	if err := l.trim(t.Context(), epoch); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		if err := l.trim(t.Context(), epoch); err != nil {
			t.Fatal(err)
		}
		return readAll(t, l) == ""
	})
}

// eventually repeats until cond holds; the clock of a real Redis cannot be faked.
func eventually(t *testing.T, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Second)
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("not within 10 s")
		}
	}
}
