package eventlogtest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/eventlog/redistest"
)

const (
	awayLanes = 16
	// awayPatience is what a node is given while another is away: little, since it is
	// waited for, and enough for one that is there, on a busy machine.
	awayPatience = 5 * time.Second
	// awayLimit bounds how long a node that is away holds up a call: less than twice the
	// time that a round trip is given, and what a busy machine adds.
	awayLimit = 3 * awayPatience
)

// nodeOf returns which node has a key.
func (w *world) nodeOf(t *testing.T, key string) *redistest.Node {
	t.Helper()
	master, err := w.client.(*redis.ClusterClient).MasterForKey(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range w.redis.Nodes {
		if n.Addr == master.Options().Addr {
			return n
		}
	}
	t.Fatalf("no node at %s", master.Options().Addr)
	return nil
}

// wide makes 200 items from first on, with so many topics that each lane has some.
func wide(first int) []eventlog.Item { return items(first, 200, 200) }

// testNodeAway: the lanes on other nodes are read and appended to meanwhile, and all is
// well afterwards.
func testNodeAway(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: awayLanes, Patience: awayPatience})
	mustAppend(t, l, "s0", wide(0))
	logNode := w.nodeOf(t, "{"+w.name+"}:epoch")
	away := map[int]bool{}
	var node *redistest.Node
	for lane := range awayLanes {
		at := w.nodeOf(t, w.lane(t, l, lane).Key("entries"))
		if node == nil && at != logNode {
			node = at
		}
		away[lane] = node != nil && at == node
	}
	epoch := mustEpoch(t, l).ID
	its := wide(200)
	node.Pause(t)
	defer node.Resume(t)
	checkPages(t, l, epoch, away)
	checkStates(t, l, away)
	start := time.Now()
	_, err := l.Append(t.Context(), "s0", its)
	var failed *eventlog.AppendError
	if want := firstOf(its, away); !errors.As(err, &failed) || failed.First != want {
		t.Errorf("Append = %v, want an AppendError from %s", err, want)
	}
	if took := time.Since(start); took > awayLimit {
		t.Errorf("Append took %s", took)
	}
	for lane := range awayLanes {
		if !away[lane] && !strings.Contains(laneText(t, l, epoch, lane), "<2") {
			t.Errorf("lane %d has not got its part", lane)
		}
	}
	node.Resume(t)
	w.recovers(t, l, its)
}

// firstOf returns the sequence number of the first item whose lane is away.
func firstOf(its []eventlog.Item, away map[int]bool) string {
	for _, it := range its {
		if away[eventlog.LaneOf(it.Topic, awayLanes)] {
			return it.Sequence
		}
	}
	return ""
}

func checkPages(t *testing.T, l *eventlog.Log, epoch string, away map[int]bool) {
	t.Helper()
	var queries []eventlog.Query
	for lane := range awayLanes {
		queries = append(queries, eventlog.Query{Lane: lane, After: eventlog.Oldest, Count: 10})
	}
	for range 2 { // the cluster notices meanwhile, and the client does
		start := time.Now()
		for lane, page := range l.Read(t.Context(), epoch, queries) {
			if failed := page.Err != nil; failed != away[lane] || len(page.Entries) == 0 && !failed {
				t.Errorf("lane %d, away %v: %d entries, %v", lane, away[lane], len(page.Entries), page.Err)
			}
		}
		took := time.Since(start)
		t.Logf("a read with a node away took %s", took)
		if took > awayLimit {
			t.Errorf("a read took %s", took)
		}
	}
}

func checkStates(t *testing.T, l *eventlog.Log, away map[int]bool) {
	t.Helper()
	s, err := l.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for lane, ls := range s.Lanes {
		if failed := ls.Err != nil; failed != away[lane] || ls.Appended == 0 && !failed {
			t.Errorf("lane %d, away %v: %+v", lane, away[lane], ls)
		}
	}
}

// testEpochAway: without knowing the epoch nothing counts as appended.
func testEpochAway(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: awayLanes, Patience: awayPatience})
	mustAppend(t, l, "s0", wide(0))
	node := w.nodeOf(t, "{"+w.name+"}:epoch")
	its := wide(200)
	node.Pause(t)
	defer node.Resume(t)
	_, err := l.Append(t.Context(), "s0", its)
	var failed *eventlog.AppendError
	if !errors.As(err, &failed) || failed.First != "200" {
		t.Errorf("Append = %v, want an AppendError from 200", err)
	}
	node.Resume(t)
	w.recovers(t, l, its)
}

// recovers appends what failed until it gets through, and looks for each event once,
// linked and with no lane torn.
func (w *world) recovers(t *testing.T, l *eventlog.Log, its []eventlog.Item) {
	t.Helper()
	redistest.Eventually(t, func() bool {
		_, err := l.Append(t.Context(), "s0", its)
		return err == nil
	})
	count := map[string]int{}
	for lane := range awayLanes {
		all := readLane(t, l, lane)
		if torn(all) > 0 {
			t.Errorf("lane %d is torn", lane)
		}
		for _, e := range all {
			for _, ev := range strings.SplitAfter(string(e.Data), ">") {
				count[ev]++
			}
		}
	}
	for i := range 400 {
		if n := count[fmt.Sprintf("<%d>", i)]; n != 1 {
			t.Errorf("event %d is there %d times", i, n)
		}
	}
}

func laneText(t *testing.T, l *eventlog.Log, epoch string, lane int) string {
	t.Helper()
	page := l.Read(t.Context(), epoch, []eventlog.Query{{Lane: lane, After: eventlog.Oldest, Count: 100}})[0]
	if page.Err != nil {
		t.Error(page.Err)
	}
	var all strings.Builder
	for _, e := range page.Entries {
		all.Write(e.Data)
	}
	return all.String()
}
