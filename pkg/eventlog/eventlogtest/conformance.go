package eventlogtest

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/eventlog/redistest"
)

// tests are what every Redis has to pass.
func tests() []conformanceTest {
	return []conformanceTest{
		{"appends are read in order", testReadsInOrder},
		{"a repeated batch appears once", testRepeatedBatch},
		{"a batch that overlaps appears once", testOverlap},
		{"shards have their own marks", testShardMarks},
		{"keys have their own marks", testKeyMarks},
		{"an overlap by key", testKeyOverlap},
		{"keys after a life in order", testKeysAfterSerial},
		{"a large batch becomes several entries", testLargeBatch},
		{"events that were never committed", testNeverCommitted},
		{"events trimmed apart from their entry", testHalfTrimmed},
		{"begun between events and their entry", testBegunBetween},
		{"a forgotten script", testForgottenScript},
		{"many keys in a batch", testManyKeys},
		{"a log that was parallel stays so", testLowered},
		{"a log is told again that it is parallel", testParallelAgain},
		{"what is older than the retention is trimmed", testTrim},
		{"what is beyond the budget is trimmed", testBudget},
		{"a lane that gets nothing more expires", testIdleLane},
		{"an id far ahead of the clock", testFarAhead},
		{"a lane that lost its data tells", testReset},
		{"a warm writer follows a new epoch", testNewEpoch},
		{"the epoch keeps its lanes", testEpochKeepsLanes},
		{"who governs decides", testGoverns},
		{"a start time", testStartTime},
		{"notices", testNotices},
		{"revocations", testRevoke},
		{"too many revocations", testRevokeTooMany},
		{"a foreign entry is told as missing", testForeignEntry},
		{"a writer tears a lane that lost entries, once", testTornByWriter},
		{"a writer tears without anything to append", testTornBySkip},
		{"a reader tears a lane that lost entries, once", testTornByReader},
		{"no tear without a loss", testNotTorn},
		{"a run refills once", testRefill},
		{"a run ahead of the consumer", testRefillAhead},
		{"a run ahead of the consumer in one lane", testRefillPartly},
		{"a run refills by key", testRefillByKey},
		{"a run refills after a life in order", testRefillAfterSerial},
	}
}

type conformanceTest struct {
	name string
	run  func(t *testing.T, w *world)
}

// Conformance runs the tests on r, which they may fill, and whose nodes they stop for a
// while if there are several. Each has a log of its own.
func Conformance(t *testing.T, r *redistest.Redis) {
	t.Run("log", func(t *testing.T) { // so that what follows finds them at their end
		for _, tt := range tests() {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				tt.run(t, newWorld(t, r))
			})
		}
	})
	if len(r.Nodes) > 1 {
		t.Run("a node is away", func(t *testing.T) { testNodeAway(t, newWorld(t, r)) })
		t.Run("the node that has the epoch is away", func(t *testing.T) { testEpochAway(t, newWorld(t, r)) })
	}
}

// world is a log, and the Redis it is in.
type world struct {
	redis  *redistest.Redis
	client redis.UniversalClient
	name   string
}

func newWorld(t *testing.T, r *redistest.Redis) *world {
	name := strings.Map(func(c rune) rune {
		if c == ' ' || c == ',' || c == '/' {
			return '-'
		}
		return c
	}, t.Name())
	return &world{redis: r, client: r.Client(t), name: name[max(0, len(name)-60):]}
}

// open opens the log once more, as another process would, and as a patient one unless cfg
// says how patient.
func (w *world) open(t *testing.T, cfg eventlog.Config) *eventlog.Log {
	t.Helper()
	cfg.URL, cfg.Name, cfg.Patience = w.redis.URL, w.name, cmp.Or(cfg.Patience, redistest.Patience)
	l, err := eventlog.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// lane returns a lane of the log's present epoch.
func (w *world) lane(t *testing.T, l *eventlog.Log, lane int) Lane {
	t.Helper()
	return Lane{w.client, w.name, mustEpoch(t, l).ID, lane}
}

// rollback returns what puts lane 0 back to what it holds now. A failover takes longer
// than a millisecond, so ids do not come again.
func (w *world) rollback(t *testing.T, l *eventlog.Log) func() {
	t.Helper()
	back, err := w.lane(t, l, 0).Rollback(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		head := state(t, l).Head
		if err := back(t.Context()); err != nil {
			t.Fatal(err)
		}
		redistest.Eventually(t, func() bool { return time.Now().After(head.Time().Add(time.Millisecond)) })
	}
}

// items makes n items with sequence numbers from first on, over so many topics.
func items(first, n, topics int) []eventlog.Item {
	var its []eventlog.Item
	for i := first; i < first+n; i++ {
		its = append(its, item(fmt.Sprintf("t.%d", i%topics), "k", i))
	}
	return its
}

// item is the event of a record of a key, "<sequence>".
func item(topic, key string, sequence int) eventlog.Item {
	return eventlog.Item{Topic: topic, Key: key, Sequence: fmt.Sprint(sequence), Bytes: fmt.Appendf(nil, "<%d>", sequence)}
}

func mustAppend(t *testing.T, l *eventlog.Log, shard string, its []eventlog.Item) eventlog.Appended {
	t.Helper()
	got, err := l.Append(t.Context(), shard, its)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func mustEpoch(t *testing.T, l *eventlog.Log) eventlog.Epoch {
	t.Helper()
	e, err := l.Epoch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// state returns the state of lane 0.
func state(t *testing.T, l *eventlog.Log) eventlog.LaneState {
	t.Helper()
	s, err := l.State(t.Context())
	if err != nil || s.Lanes[0].Err != nil {
		t.Fatal(err, s.Lanes)
	}
	return s.Lanes[0]
}

func read(t *testing.T, l *eventlog.Log, q eventlog.Query) []eventlog.Entry {
	t.Helper()
	page := l.Read(t.Context(), mustEpoch(t, l).ID, []eventlog.Query{q})[0]
	if page.Err != nil {
		t.Fatal(page.Err)
	}
	return page.Entries
}

// readLane returns the entries of a lane, and checks that they are linked. A torn one
// must be the first after a loss, and nowhere else.
func readLane(t *testing.T, l *eventlog.Log, lane int) []eventlog.Entry {
	t.Helper()
	var all []eventlog.Entry
	for pos := eventlog.Oldest; ; {
		page := read(t, l, eventlog.Query{Lane: lane, After: pos, Count: 100})
		for _, e := range page {
			if pos != eventlog.Oldest && e.Prev != pos {
				t.Errorf("lane %d: entry %v with predecessor %v comes after %v", lane, e.ID, e.Prev, pos)
			}
			pos = e.ID
		}
		if all = append(all, page...); len(page) == 0 {
			return all
		}
	}
}

// readAll returns what all lanes hold, concatenated lane by lane.
func readAll(t *testing.T, l *eventlog.Log) string {
	t.Helper()
	var all strings.Builder
	for lane := range mustEpoch(t, l).Lanes {
		for _, e := range readLane(t, l, lane) {
			all.Write(e.Data)
		}
	}
	return all.String()
}

// torn counts the torn entries.
func torn(entries []eventlog.Entry) int {
	n := 0
	for _, e := range entries {
		if e.Torn {
			n++
		}
	}
	return n
}
