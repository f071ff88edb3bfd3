package eventlog_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/eventlog/eventlogtest"
	"github.com/spillway/spillway/pkg/eventlog/redistest"
)

// TestModel holds the scripts against a model: batches repeated, in parts and overlapping,
// from several writers, lanes that go back, losses reported, budgets.
func TestModel(t *testing.T) {
	t.Parallel()
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		checkModel(t, miniRedis(t), 1<<30)
	})
	t.Run("redis-server", func(t *testing.T) {
		t.Parallel()
		checkModel(t, redistest.Server(t), 20)
	})
}

func checkModel(t *testing.T, r *redistest.Redis, most int64) {
	client := r.Client(t)
	var runs atomic.Int64
	rapid.Check(t, func(t *rapid.T) {
		run := runs.Add(1)
		if run > most {
			return
		}
		m := newModel(t, r.URL, client, fmt.Sprint("m", run))
		defer m.close()
		t.Repeat(map[string]func(*rapid.T){
			"append": m.append,
			"repeat": m.repeat,
			"both":   m.appendSideBySide,
			"save":   m.save,
			"back":   m.goBack,
			"report": m.report,
			"":       func(*rapid.T) {},
		})
	})
}

const (
	modelShards  = 2
	modelKeys    = 4
	modelTopics  = 6
	modelWriters = 2
)

// model is what a log should hold.
type model struct {
	ctx      context.Context
	client   redis.UniversalClient
	name     string
	parallel bool
	epoch    eventlog.Epoch
	logs     []*eventlog.Log
	shards   []*modelShard
	lanes    []*modelLane
}

// modelShard is what Kinesis holds of a shard, and how far it has been brought: of the
// whole shard, or by key.
type modelShard struct {
	records []eventlog.Item
	next    map[string]int // by key, or "": the first record not brought yet
}

// modelLane is a lane. What a rollback undoes is in laneState.
type modelLane struct {
	laneState
	known []eventlog.ID // by writer
	given []eventlog.ID // all ids ever given
	saved *laneState
	back  func(context.Context) error
}

type laneState struct {
	last, torn eventlog.ID
	history    map[eventlog.ID]bool
	marks      map[string]int // by shard, and key if parallel
	entries    []eventlog.Entry
}

func newModel(t *rapid.T, url string, client redis.UniversalClient, name string) *model {
	m := &model{ctx: context.Background(), client: client, name: name, parallel: rapid.Bool().Draw(t, "parallel")}
	cfg := eventlog.Config{URL: url, Name: name, Patience: redistest.Patience, Lanes: rapid.IntRange(1, 3).Draw(t, "lanes"), Budget: eventlog.MinBudget, Parallel: m.parallel}
	for range modelWriters {
		l, err := eventlog.Open(cfg)
		cfg.Parallel = false // the others learn it of the log
		if err != nil {
			t.Fatal(err)
		}
		m.logs = append(m.logs, l)
	}
	var err error
	if m.epoch, err = m.logs[0].Epoch(m.ctx); err != nil {
		t.Fatal(err)
	}
	for range modelShards {
		m.shards = append(m.shards, &modelShard{next: map[string]int{}})
	}
	for range m.epoch.Lanes {
		m.lanes = append(m.lanes, &modelLane{
			laneState: laneState{history: map[eventlog.ID]bool{}, marks: map[string]int{}},
			known:     make([]eventlog.ID, modelWriters),
		})
	}
	return m
}

func (m *model) close() {
	for _, l := range m.logs {
		l.Close()
	}
}

// order is what the batches of a shard come in order by.
func (m *model) order(key string) string {
	if m.parallel {
		return key
	}
	return ""
}

func (m *model) mark(shard int, key string) string { return fmt.Sprint(shard, m.order(key)) }

// produce adds records to a shard.
func (m *model) produce(t *rapid.T, shard, n int) {
	s := m.shards[shard]
	for range n {
		i := len(s.records)
		key := fmt.Sprint("k", rapid.IntRange(0, modelKeys-1).Draw(t, "key"))
		size := rapid.SampledFrom([]int{0, 0, 0, 100, 30_000, 70_000}).Draw(t, "size")
		s.records = append(s.records, eventlog.Item{
			Topic: fmt.Sprint("t", rapid.IntRange(0, modelTopics-1).Draw(t, "topic")), Key: key, Sequence: strconv.Itoa(i + 1),
			Bytes: fmt.Appendf(nil, "%d/%s/%d%s\n", shard, key, i+1, strings.Repeat(" ", size)),
		})
	}
}

// batch takes what is to come of some keys of a shard, from back records before.
func (m *model) batch(shard int, keys []string, most, back int) []eventlog.Item {
	s := m.shards[shard]
	from := map[string]int{}
	for _, key := range keys {
		from[m.order(key)] = max(0, s.next[m.order(key)]-back)
	}
	var its []eventlog.Item
	for i, it := range s.records {
		if !m.parallel || slices.Contains(keys, it.Key) {
			if order := m.order(it.Key); i >= from[order] && len(its) < most {
				its = append(its, it)
				s.next[order] = max(s.next[order], i+1)
			}
		}
	}
	return its
}

func allKeys() (keys []string) {
	for i := range modelKeys {
		keys = append(keys, fmt.Sprint("k", i))
	}
	return keys
}

func (m *model) append(t *rapid.T) {
	shard := rapid.IntRange(0, modelShards-1).Draw(t, "shard")
	m.produce(t, shard, rapid.IntRange(0, 8).Draw(t, "records"))
	keys := allKeys()[rapid.IntRange(0, modelKeys-1).Draw(t, "first key"):]
	m.bring(t, rapid.IntRange(0, modelWriters-1).Draw(t, "writer"), shard, m.batch(shard, keys, rapid.IntRange(1, 12).Draw(t, "most"), 0))
}

// repeat brings a batch that was brought, or parts of it and more.
func (m *model) repeat(t *rapid.T) {
	shard := rapid.IntRange(0, modelShards-1).Draw(t, "shard")
	keys := allKeys()[:rapid.IntRange(1, modelKeys).Draw(t, "keys")]
	m.bring(t, rapid.IntRange(0, modelWriters-1).Draw(t, "writer"), shard,
		m.batch(shard, keys, rapid.IntRange(1, 12).Draw(t, "most"), rapid.IntRange(1, 20).Draw(t, "back")))
}

// bring appends a batch and compares.
func (m *model) bring(t *rapid.T, writer, shard int, its []eventlog.Item) {
	var want eventlog.Appended
	fresh, touched := m.fresh(shard, its)
	for _, f := range fresh {
		want.Events += len(f)
	}
	want.Skipped = len(its) - want.Events
	got, err := m.logs[writer].Append(m.ctx, fmt.Sprint("s", shard), its)
	if err != nil {
		t.Fatal(err)
	}
	if got.Events != want.Events || got.Skipped != want.Skipped {
		t.Fatalf("appended %+v, want %+v", got, want)
	}
	for lane, l := range m.lanes {
		if !touched[lane] {
			m.compare(t, lane, nil, false)
			continue
		}
		tear := l.lost(l.known[writer])
		m.compare(t, lane, fresh[lane], tear)
		if l.known[writer].Compare(l.last) < 0 {
			l.known[writer] = l.last
		}
	}
}

// fresh tells what of a batch is new to each lane, marks it, and which lanes have any of
// the batch.
func (m *model) fresh(shard int, its []eventlog.Item) (fresh map[int][]eventlog.Item, touched map[int]bool) {
	fresh, touched = map[int][]eventlog.Item{}, map[int]bool{}
	for _, it := range its {
		lane := eventlog.LaneOf(it.Topic, len(m.lanes))
		touched[lane] = true
		sequence, _ := strconv.Atoi(it.Sequence)
		if mark := m.mark(shard, it.Key); sequence > m.lanes[lane].marks[mark] {
			m.lanes[lane].marks[mark] = sequence
			fresh[lane] = append(fresh[lane], it)
		}
	}
	return fresh, touched
}

// lost tells whether the lane must notice that it does not have an entry. When all that
// was there at its time is trimmed, it cannot: but then whoever was there is told of that.
func (l *modelLane) lost(id eventlog.ID) bool {
	if id == (eventlog.ID{}) || l.history[id] || id.Compare(l.torn) <= 0 {
		return false
	}
	return id.Compare(l.last) > 0 || len(l.entries) > 0 && l.entries[0].ID.Compare(id) < 0
}

// compare reads what a lane has got, and takes it over.
func (m *model) compare(t *rapid.T, lane int, fresh []eventlog.Item, tear bool) {
	l := m.lanes[lane]
	all := m.read(t, lane, eventlog.Oldest)
	added := all[len(all):]
	for i, e := range all {
		if e.ID.Compare(l.last) > 0 {
			added = all[i:]
			break
		}
	}
	m.trimmed(t, lane, all[:len(all)-len(added)], len(added))
	var want, got bytes.Buffer
	for _, it := range fresh {
		want.Write(it.Bytes)
	}
	for i, e := range added {
		got.Write(e.Data)
		if e.Prev != l.last && (i > 0 || len(all) > len(added)) {
			t.Fatalf("lane %d: entry %v has predecessor %v, want %v", lane, e.ID, e.Prev, l.last)
		}
		if e.Torn != (tear && e.ID == added[0].ID) {
			t.Fatalf("lane %d: entry %d of the new ones is torn: %v, want the first: %v", lane, i, e.Torn, tear)
		}
		if slices.Contains(l.given, e.ID) {
			t.Fatalf("lane %d: the id %v is given again", lane, e.ID)
		}
		if e.Torn {
			l.torn = e.ID
		}
		l.last = e.ID
		l.history[e.ID] = true
		l.given = append(l.given, e.ID)
		l.entries = append(l.entries, e)
	}
	// The budget may have taken the first of what was added at once.
	if !strings.HasSuffix(want.String(), got.String()) || got.Len() < want.Len() && len(all) > len(added) {
		t.Fatalf("lane %d: got %d bytes %.80q, want %d bytes %.80q", lane, got.Len(), got.String(), want.Len(), want.String())
	}
	if tear && len(added) == 0 {
		t.Fatalf("lane %d has lost entries and does not tell", lane)
	}
	m.told(t, lane)
}

// trimmed checks that the old entries of a lane are the last of those it had, and that
// the lane keeps within its budget.
func (m *model) trimmed(t *rapid.T, lane int, old []eventlog.Entry, added int) {
	l := m.lanes[lane]
	if len(old) > len(l.entries) {
		t.Fatalf("lane %d holds %d old entries, want at most %d", lane, len(old), len(l.entries))
	}
	l.entries = l.entries[len(l.entries)-len(old):]
	for i, e := range old {
		if w := l.entries[i]; e.ID != w.ID || e.Prev != w.Prev || e.Torn != w.Torn || !bytes.Equal(e.Data, w.Data) {
			t.Fatalf("lane %d: entry %v has changed", lane, e.ID)
		}
	}
	if len(l.history) > 0 && len(old)+added == 0 {
		t.Fatalf("lane %d holds nothing, not even the last entry", lane)
	}
}

// told checks the budget, and that who was at an entry that is lost is told, as soon as
// somebody who knew of it, or of a later one, has come.
func (m *model) told(t *rapid.T, lane int) {
	l := m.lanes[lane]
	sum := 0
	for _, e := range l.entries {
		sum += len(e.Data) + len(e.Data)/8 + 64
	}
	if limit := int(m.epoch.Budget) / len(m.lanes); sum > limit && len(l.entries) > 1 {
		t.Fatalf("lane %d holds %d bytes, want at most %d", lane, sum, limit)
	}
	for _, pos := range l.given {
		if l.history[pos] || pos.Compare(l.torn) > 0 {
			continue
		}
		for _, e := range l.entries {
			if e.ID.Compare(pos) > 0 {
				if e.Follows(pos) == eventlog.Continuous {
					t.Fatalf("lane %d: entry %v goes on from %v, which is lost", lane, e.ID, pos)
				}
				break
			}
		}
	}
}

func (m *model) read(t *rapid.T, lane int, pos eventlog.ID) []eventlog.Entry {
	page := m.logs[0].Read(m.ctx, m.epoch.ID, []eventlog.Query{{Lane: lane, After: pos, Count: 10_000}})[0]
	if page.Err != nil {
		t.Fatal(page.Err)
	}
	return page.Entries
}

// appendSideBySide has two writers append at the same time: different keys of a shard if
// these are brought apart, else different shards.
func (m *model) appendSideBySide(t *rapid.T) {
	shards, keys := []int{0, 1}, [][]string{allKeys(), allKeys()}
	if m.parallel {
		shards, keys = []int{0, 0}, [][]string{allKeys()[:modelKeys/2], allKeys()[modelKeys/2:]}
	}
	for shard := range modelShards {
		m.produce(t, shard, rapid.IntRange(0, 6).Draw(t, "records"))
	}
	for _, l := range m.lanes { // a loss that one of them notices or the other is too much for this model
		if l.lost(l.known[0]) || l.lost(l.known[1]) {
			return
		}
	}
	var batches [modelWriters][]eventlog.Item
	fresh := map[int][]string{}
	for w := range batches {
		batches[w] = m.batch(shards[w], keys[w], 2, 0) // so few that no budget takes them at once
		byLane, _ := m.fresh(shards[w], batches[w])
		for lane, its := range byLane {
			for _, it := range its {
				fresh[lane] = append(fresh[lane], string(it.Bytes))
			}
		}
	}
	var wg sync.WaitGroup
	var errs [modelWriters]error
	for w, its := range batches {
		wg.Go(func() { _, errs[w] = m.logs[w].Append(m.ctx, fmt.Sprint("s", shards[w]), its) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	for lane, l := range m.lanes {
		m.takeOver(t, lane, fresh[lane])
		for w, its := range batches {
			for _, e := range l.entries {
				if len(its) > 0 && len(e.Data) > 0 && m.has(its, e.Data) && e.ID.Compare(l.known[w]) > 0 {
					l.known[w] = e.ID
				}
			}
		}
	}
}

// has tells whether the first event of an entry is one of items.
func (m *model) has(its []eventlog.Item, data []byte) bool {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	return slices.ContainsFunc(its, func(it eventlog.Item) bool { return bytes.Equal(bytes.TrimSuffix(it.Bytes, []byte("\n")), first) })
}

// takeOver checks that a lane has got events, in the order of each shard and key, and
// compares all else with them in the order that they have.
func (m *model) takeOver(t *rapid.T, lane int, events []string) {
	l := m.lanes[lane]
	var fresh []eventlog.Item
	order := map[string]int{}
	for _, e := range m.read(t, lane, l.last) {
		for line := range strings.SplitAfterSeq(string(e.Data), "\n") {
			if line == "" {
				continue
			}
			parts := strings.Split(strings.TrimSpace(line), "/")
			sequence, _ := strconv.Atoi(parts[2])
			if by := parts[0] + parts[1]; sequence <= order[by] {
				t.Fatalf("lane %d: %s comes after %d", lane, line, order[by])
			} else {
				order[by] = sequence
			}
			fresh = append(fresh, eventlog.Item{Bytes: []byte(line)})
			at := slices.Index(events, line)
			if at < 0 {
				t.Fatalf("lane %d: %.40q was not appended, or comes twice", lane, line)
			}
			events = slices.Delete(slices.Clone(events), at, at+1)
		}
	}
	if len(events) > 0 && len(l.entries) > 0 && len(m.read(t, lane, eventlog.Oldest)) > 0 && m.read(t, lane, eventlog.Oldest)[0].ID.Compare(l.last) <= 0 {
		t.Fatalf("lane %d misses %d events", lane, len(events))
	}
	m.compare(t, lane, fresh, false)
}

// save remembers a lane, as a replica does that then lags behind.
func (m *model) save(t *rapid.T) {
	lane := rapid.IntRange(0, len(m.lanes)-1).Draw(t, "lane")
	l := m.lanes[lane]
	s := l.laneState
	s.history, s.marks, s.entries = maps.Clone(s.history), maps.Clone(s.marks), slices.Clone(s.entries)
	l.saved = &s
	var err error
	if l.back, err = (eventlogtest.Lane{Redis: m.client, Log: m.name, Epoch: m.epoch.ID, Lane: lane}).Rollback(m.ctx); err != nil {
		t.Fatal(err)
	}
}

// goBack has a lane lose what came after it was saved.
func (m *model) goBack(t *rapid.T) {
	l := m.lanes[rapid.IntRange(0, len(m.lanes)-1).Draw(t, "lane")]
	if l.saved == nil {
		return
	}
	if err := l.back(m.ctx); err != nil {
		t.Fatal(err)
	}
	l.laneState, l.saved = *l.saved, nil
	// A failover takes longer than a millisecond: ids do not come again.
	if len(l.given) > 0 {
		for last := slices.MaxFunc(l.given, eventlog.ID.Compare); uint64(time.Now().UnixMilli()) <= last.MS; {
		}
	}
}

// report has a reader tell of an entry that it had read.
func (m *model) report(t *rapid.T) {
	lane := rapid.IntRange(0, len(m.lanes)-1).Draw(t, "lane")
	l := m.lanes[lane]
	if len(l.given) == 0 {
		return
	}
	id := l.given[rapid.IntRange(0, len(l.given)-1).Draw(t, "entry")]
	if err := m.logs[0].ReportLoss(m.ctx, m.epoch.ID, lane, id); err != nil {
		t.Fatal(err)
	}
	m.compare(t, lane, nil, l.lost(id))
}
