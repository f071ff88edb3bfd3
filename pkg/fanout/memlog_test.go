package fanout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
)

// memLog is a log in memory that can lose things. Its clock ticks with every
// entry.
type memLog struct {
	mu            sync.Mutex
	epoch         eventlog.Epoch
	lanes         [][]eventlog.Entry
	heads         []eventlog.ID
	clock         uint64
	count         map[string]int // events by topic, over all epochs
	broken        bool
	stateBroken   bool
	reads, states int
	onState       func() // called once, before the next State answers
	notify        func(lane int)
}

func newMemLog(lanes int) *memLog {
	l := &memLog{clock: 1000, count: map[string]int{}}
	l.renew(lanes)
	return l
}

// renew loses everything.
func (l *memLog) renew(lanes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clock++
	l.epoch = eventlog.Epoch{ID: fmt.Sprintf("%016x", l.clock), Lanes: lanes, Retention: time.Hour}
	l.lanes = make([][]eventlog.Entry, lanes)
	l.heads = make([]eventlog.ID, lanes)
}

// append adds an entry with one event for each topic; they must share a lane.
func (l *memLog) append(topics ...string) {
	l.mu.Lock()
	lane := eventlog.LaneOf(topics[0], l.epoch.Lanes)
	l.clock++
	e := eventlog.Entry{ID: eventlog.ID{MS: l.clock}, Prev: l.heads[lane]}
	for _, name := range topics {
		e.Data = event.Append(e.Data, &event.Event{Topic: name, SequenceNumber: fmt.Sprint(l.count[name])})
		l.count[name]++
	}
	l.lanes[lane] = append(l.lanes[lane], e)
	l.heads[lane] = e.ID
	notify := l.notify
	l.mu.Unlock()
	if notify != nil {
		notify(lane)
	}
}

func (l *memLog) appendRaw(lane int, data []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clock++
	e := eventlog.Entry{ID: eventlog.ID{MS: l.clock}, Prev: l.heads[lane], Data: data}
	l.lanes[lane] = append(l.lanes[lane], e)
	l.heads[lane] = e.ID
}

func (l *memLog) trim(lane, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lanes[lane] = l.lanes[lane][min(n, len(l.lanes[lane])):]
}

// loseLast forgets the last entry of a lane, as a failover does.
func (l *memLog) loseLast(lane int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	es := l.lanes[lane]
	l.heads[lane] = es[len(es)-1].Prev
	l.lanes[lane] = es[:len(es)-1]
}

func (l *memLog) setBroken(b bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = b
}

var errBroken = errors.New("broken")

func (l *memLog) State(context.Context) (eventlog.State, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.states++
	if f := l.onState; f != nil {
		l.onState = nil
		l.mu.Unlock()
		f()
		l.mu.Lock()
	}
	if l.broken || l.stateBroken {
		return eventlog.State{}, errBroken
	}
	state := eventlog.State{Epoch: l.epoch}
	for _, head := range l.heads {
		state.Lanes = append(state.Lanes, eventlog.LaneState{Head: head})
	}
	return state, nil
}

func (l *memLog) Read(_ context.Context, epoch string, queries []eventlog.Query) []eventlog.Page {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads++
	pages := make([]eventlog.Page, len(queries))
	for i, q := range queries {
		if l.broken {
			pages[i].Err = errBroken
			continue
		}
		if epoch != l.epoch.ID {
			break
		}
		es := l.lanes[q.Lane]
		from := sort.Search(len(es), func(i int) bool { return es[i].ID.Compare(q.After) > 0 })
		pages[i].Entries = slices.Clone(es[from:min(len(es), from+q.Count)])
	}
	return pages
}

func (l *memLog) Notices(ctx context.Context, lanes int, notify func(lane int)) error {
	l.mu.Lock()
	l.notify = notify
	l.mu.Unlock()
	for lane := range lanes {
		notify(lane)
	}
	<-ctx.Done()
	return ctx.Err()
}

func (l *memLog) ReportLoss(context.Context, string, int, eventlog.ID) error { return nil }
