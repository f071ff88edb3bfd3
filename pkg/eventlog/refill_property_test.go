package eventlog_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/eventlog/redistest"
)

// TestRefillLosesNothing: whatever of a shard a consumer has appended, in whole batches
// or in some lanes only, and wherever runs begin and end in between, nothing is missing
// when the consumer has come to the end.
func TestRefillLosesNothing(t *testing.T) {
	t.Parallel()
	url := miniRedis(t).URL
	var runs atomic.Int64
	rapid.Check(t, func(t *rapid.T) {
		p := newRepair(t, url, fmt.Sprint("r", runs.Add(1)))
		defer p.log.Close()
		t.Repeat(map[string]func(*rapid.T){"consume": p.consume, "run": p.run, "": func(*rapid.T) {}})
		for order := range p.next {
			p.bring(t, order, len(p.records), nil)
		}
		has := p.has(t)
		for _, it := range p.records {
			if !has[string(it.Bytes)] {
				t.Fatalf("%s of %s in %s is missing", it.Bytes, it.Key, it.Topic)
			}
		}
	})
}

// repair is a shard, and how far the consumer has come in it: of the whole shard, or by
// key.
type repair struct {
	ctx      context.Context
	log      *eventlog.Log
	epoch    eventlog.Epoch
	parallel bool
	records  []eventlog.Item
	next     map[string]int // by key, or ""
	runs     int
}

func newRepair(t *rapid.T, url, name string) *repair {
	p := &repair{ctx: context.Background(), parallel: rapid.Bool().Draw(t, "parallel"), next: map[string]int{}}
	var err error
	if p.log, err = eventlog.Open(eventlog.Config{URL: url, Name: name, Patience: redistest.Patience, Lanes: rapid.IntRange(1, 3).Draw(t, "lanes"), Parallel: p.parallel}); err != nil {
		t.Fatal(err)
	}
	if p.epoch, err = p.log.Epoch(p.ctx); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		key := fmt.Sprint("k", rapid.IntRange(0, 2).Draw(t, "key"))
		p.records = append(p.records, eventlog.Item{
			Topic: fmt.Sprint("t", rapid.IntRange(0, 5).Draw(t, "topic")), Key: key, Sequence: fmt.Sprint(i + 1), Bytes: fmt.Appendf(nil, "<%d>", i+1),
		})
		p.next[p.order(key)] = 0
	}
	return p
}

func (p *repair) order(key string) string {
	if p.parallel {
		return key
	}
	return ""
}

// bring has the consumer append what comes next of an order, up to a record; what is in
// the lanes that are away fails, and comes again.
func (p *repair) bring(t *rapid.T, order string, to int, away map[int]bool) {
	var its []eventlog.Item
	failed := max(to, p.next[order])
	for i := p.next[order]; i < to; i++ {
		it := p.records[i]
		if p.order(it.Key) != order {
			continue
		}
		if away[eventlog.LaneOf(it.Topic, p.epoch.Lanes)] {
			failed = min(failed, i)
		} else {
			its = append(its, it)
		}
	}
	p.next[order] = failed
	if _, err := p.log.Append(p.ctx, "s", its); err != nil {
		t.Fatal(err)
	}
}

func (p *repair) consume(t *rapid.T) {
	var orders []string
	for order := range p.next {
		orders = append(orders, order)
	}
	slices.Sort(orders)
	order := rapid.SampledFrom(orders).Draw(t, "order")
	away := map[int]bool{}
	for lane := range p.epoch.Lanes {
		away[lane] = rapid.IntRange(0, 3).Draw(t, "away") == 0
	}
	p.bring(t, order, min(len(p.records), p.next[order]+rapid.IntRange(1, 10).Draw(t, "most")), away)
}

// run refills what is missing of a part of the shard, in several calls.
func (p *repair) run(t *rapid.T) {
	p.runs++
	from := rapid.IntRange(0, len(p.records)-1).Draw(t, "from")
	part := p.records[from:rapid.IntRange(from+1, len(p.records)).Draw(t, "to")]
	for page := range slices.Chunk(part, rapid.IntRange(1, 10).Draw(t, "page")) {
		has := p.has(t)
		missing := slices.DeleteFunc(slices.Clone(page), func(it eventlog.Item) bool { return has[string(it.Bytes)] })
		if _, err := p.log.Refill(p.ctx, fmt.Sprint("r", p.runs), "s", part[0].Sequence, missing); err != nil {
			t.Fatal(err)
		}
	}
}

// has returns which events the log has.
func (p *repair) has(t *rapid.T) map[string]bool {
	has := map[string]bool{}
	for lane := range p.epoch.Lanes {
		page := p.log.Read(p.ctx, p.epoch.ID, []eventlog.Query{{Lane: lane, After: eventlog.Oldest, Count: 1000}})[0]
		if page.Err != nil {
			t.Fatal(page.Err)
		}
		for _, e := range page.Entries {
			for text := range strings.SplitAfterSeq(string(e.Data), ">") {
				has[text] = true
			}
		}
	}
	return has
}
