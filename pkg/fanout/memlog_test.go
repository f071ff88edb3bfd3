package fanout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
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
	count         map[string]int  // events by topic, over all epochs
	torn          [][]eventlog.ID // by lane, the torn entries
	known         []eventlog.ID   // by lane, what a writer that lives knows to be there
	used          map[uint64]bool // ids that were given
	big           map[string]bool // events that are large, as topic/number
	broken        bool
	brokenLane    int  // plus one
	tear          bool // the next entry tells of a loss, as after another server has taken over
	stateBroken   bool
	reads, states int
	onState       func() // called once, before the next State answers
	onRead        func() // called once, after the next Read has looked
	notify        func(lane int)
}

func newMemLog(lanes int) *memLog {
	l := &memLog{clock: 1000, count: map[string]int{}, big: map[string]bool{}, used: map[uint64]bool{}}
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
	l.torn = make([][]eventlog.ID, lanes)
	l.known = make([]eventlog.ID, lanes)
}

// append adds an entry with one event for each topic; they must share a lane.
func (l *memLog) append(topics ...string) { l.appendSized(0, topics...) }

// bigBytes is the size of a large event's data.
const bigBytes = 1000

// appendSized adds an entry of which the first event has so many bytes of data.
func (l *memLog) appendSized(size int, topics ...string) {
	l.mu.Lock()
	lane := eventlog.LaneOf(topics[0], l.epoch.Lanes)
	var data []byte
	for _, name := range topics {
		n := strconv.Itoa(l.count[name])
		data = event.Append(data, &event.Event{Topic: name, SequenceNumber: n, Data: make([]byte, size)})
		l.big[name+"/"+n] = size >= bigBytes
		l.count[name]++
		size = 0
	}
	// A lane that lacks what the writer knows to have been there has lost it.
	torn := l.tear || l.lacks(lane, l.known[lane])
	if l.tear = false; torn {
		l.clock = max(l.clock, l.known[lane].MS)
	}
	l.add(lane, data, torn)
	l.known[lane] = l.heads[lane]
	notify := l.notify
	l.mu.Unlock()
	if notify != nil {
		notify(lane)
	}
}

// lacks tells whether a lane has lost an entry, and has not told so.
func (l *memLog) lacks(lane int, id eventlog.ID) bool {
	es := l.lanes[lane]
	has := id == l.heads[lane] || slices.ContainsFunc(es, func(e eventlog.Entry) bool { return e.ID == id })
	trimmed := id.Compare(l.heads[lane]) <= 0 && (len(es) == 0 || id.Compare(es[0].ID) < 0)
	return !has && !trimmed && id.Compare(last(l.torn[lane])) > 0
}

// add adds an entry. The caller holds l.mu.
func (l *memLog) add(lane int, data []byte, torn bool) {
	l.clock = max(l.clock, l.heads[lane].MS)    // ids of a lane ascend whatever the clock says
	for l.clock++; l.used[l.clock]; l.clock++ { // no position names two entries
	}
	l.used[l.clock] = true
	e := eventlog.Entry{ID: eventlog.ID{MS: l.clock}, Prev: l.heads[lane], Data: data, Torn: torn}
	l.lanes[lane] = append(l.lanes[lane], e)
	l.heads[lane] = e.ID
	if torn {
		l.torn[lane] = append(l.torn[lane], e.ID)
	}
}

// ReportLoss implements Log.
func (l *memLog) ReportLoss(_ context.Context, epoch string, lane int, lost eventlog.ID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	es := l.lanes[lane]
	has := slices.ContainsFunc(es, func(e eventlog.Entry) bool { return e.ID == lost })
	l.clock = max(l.clock, lost.MS)
	if epoch == l.epoch.ID && !has && lost.Compare(last(l.torn[lane])) > 0 {
		l.add(lane, nil, true)
	}
	return nil
}

// rollBack forgets the last entries of a lane, as a failover does.
func (l *memLog) rollBack(lane, n int) {
	for range n {
		if len(l.lanes[lane]) > 0 {
			l.loseLast(lane)
		}
	}
	for last(l.torn[lane]).Compare(l.heads[lane]) > 0 { // that it was told is lost, too
		l.torn[lane] = l.torn[lane][:len(l.torn[lane])-1]
	}
}

func last(ids []eventlog.ID) eventlog.ID {
	if len(ids) == 0 {
		return eventlog.ID{}
	}
	return ids[len(ids)-1]
}

func (l *memLog) appendRaw(lane int, data []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(lane, data, false)
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
	onRead := l.onRead
	l.onRead = nil
	if onRead != nil {
		defer onRead()
	}
	defer l.mu.Unlock()
	l.reads++
	pages := make([]eventlog.Page, len(queries))
	for i, q := range queries {
		if l.broken || l.brokenLane == q.Lane+1 {
			pages[i].Err = errBroken
			continue
		}
		if epoch != l.epoch.ID {
			break
		}
		es := l.lanes[q.Lane]
		from := sort.Search(len(es), func(i int) bool { return es[i].ID.Compare(q.After) > 0 })
		pages[i].Entries = slices.Clone(es[from:min(len(es), from+q.Count)])
		pages[i].More = len(pages[i].Entries) == q.Count
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
