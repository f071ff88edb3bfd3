package fanout

import (
	"slices"
	"sync"

	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/topic"
)

// slot is what a view keeps of one entry, or a gap.
type slot struct {
	lane   int
	id     eventlog.ID // the position in the lane after it
	events [][]byte    // runs of encoded events
	size   int         // bytes of events
	count  int         // number of events
	gap    *Gap        // then events is empty; lane is -1 if all lanes are concerned
	over   *Gap        // events of the entry that were too large, beside those in events
	reset  bool        // the gap begins the lane anew
	back   bool        // from id, which is before what was there: that is lost
	before eventlog.ID // the entry that a gap stands before, if there is one
	epoch  string      // of what follows, if lane is -1
	mark   Mark
}

// What a slot counts for beside the bytes of its events, so that many tiny ones are
// bounded, too.
const (
	slotBytes = 256
	runBytes  = 24
)

// cost is what a slot counts for in its ring.
func (s *slot) cost() int {
	return slotBytes + s.size + runBytes*len(s.events) + len(s.mark.step)
}

// view is the ring of one distinct scope.
type view struct {
	scope
	key   string
	lanes []int // ascending

	// Guarded by the hub's mu.
	subscribers int
	marks       tracker
	pending     *slot  // of the entry being matched
	touched     bool   // published to in this round
	event       uint64 // the number of the last one that its patterns match
	gates       memo   // of the topics of late, if there are rules

	mu      sync.Mutex // guards what follows
	slots   []slot     // from index first on
	first   uint64
	bytes   int
	evicted []eventlog.ID // by lane: the position before the first slot
	resets  []uint64      // by lane: the index after the last slot that moved it back
	round   *round        // what was published last
	settled uint64        // the index after it
	waiting []*Subscription
	spare   []*Subscription // what waiting was before; empty
	err     error           // why the view ended, if it did

	epoch      string // of the last slots
	epochStart uint64 // the index of its first slot

	level level
}

// level is the cursor of who has nothing that the tail has not, and lacks nothing: most
// subscribers, most of the time. One for all of them saves each a base of its own.
type level struct {
	mu    sync.Mutex // guards what follows; may be taken with the view's mu held
	marks tracker
	at    *tail
	mark  Mark
}

// levelMark returns the mark of positions if they are the tail's.
func (v *view) levelMark(epoch string, positions []eventlog.ID, at *tail) (Mark, bool) {
	if at.epoch.ID != epoch || len(at.positions) != len(positions) {
		return Mark{}, false
	}
	for _, lane := range v.lanes {
		if positions[lane] != at.positions[lane] {
			return Mark{}, false
		}
	}
	v.level.mu.Lock()
	defer v.level.mu.Unlock()
	if v.level.at != at {
		v.level.at, v.level.mark = at, v.level.marks.mark(epoch, v.places(positions))
	}
	return v.level.mark, true
}

// newView makes a view that sees what comes after positions at.
func newView(s scope, at *tail, sealer *Sealer) *view {
	return &view{
		scope:   s,
		key:     s.key(),
		lanes:   lanesOf(s.patterns, len(at.positions)),
		marks:   tracker{sealer: sealer},
		gates:   memo{},
		evicted: slices.Clone(at.positions),
		resets:  make([]uint64, len(at.positions)),
		epoch:   at.epoch.ID,
		level:   level{marks: tracker{sealer: sealer}},
	}
}

// gateOf returns what events of a topic that the patterns match have to pass.
func (v *view) gateOf(name []byte) (g gate, ok bool) {
	if len(v.rules) == 0 {
		return gate{filter: v.filter}, true
	}
	v.gates.tidy()
	return v.gates.gate(&v.scope, name)
}

// lanesOf returns the lanes in which topics that patterns match may live.
func lanesOf(patterns []topic.Pattern, lanes int) []int {
	set := make(map[int]struct{})
	for _, p := range patterns {
		if p.IsTopic() {
			set[eventlog.LaneOf(p.String(), lanes)] = struct{}{}
			continue
		}
		for i := range lanes {
			set[i] = struct{}{}
		}
	}
	list := make([]int, 0, len(set))
	for i := range lanes {
		if _, ok := set[i]; ok {
			list = append(list, i)
		}
	}
	return list
}

// places returns the positions of the view's lanes.
func (v *view) places(at []eventlog.ID) []place {
	ps := make([]place, len(v.lanes))
	for i, lane := range v.lanes {
		ps[i] = place{lane, at[lane]}
	}
	return ps
}

// publish adds a slot, and drops the oldest ones beyond limit bytes; the last one
// always stays.
func (v *view) publish(s slot, limit int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if s.back {
		v.resets[s.lane] = v.end() + 1
		if s.id.Compare(v.evicted[s.lane]) < 0 {
			// What was dropped after that position is no longer in the log, either: who
			// joins with it misses nothing that the gap does not tell.
			v.evicted[s.lane] = s.id
		}
	}
	v.slots = append(v.slots, s)
	v.bytes += s.cost()
	drop := 0
	for ; v.bytes > limit && drop < len(v.slots)-1; drop++ {
		v.bytes -= v.slots[drop].cost()
		v.evict(&v.slots[drop], v.first+uint64(drop))
	}
	if drop > 0 {
		clear(v.slots[:drop])
		v.slots = v.slots[drop:]
		v.first += uint64(drop)
	}
}

// evict notes that the slot with an index is dropped.
func (v *view) evict(s *slot, index uint64) {
	switch {
	case s.lane < 0:
		for i := range v.evicted {
			v.evicted[i] = s.id
		}
	case index+1 >= v.resets[s.lane]:
		// Who is at the position of a gap has not been told of it for that; nor by what was
		// read again from before it, and is dropped after it.
		v.evicted[s.lane] = later(v.evicted[s.lane], later(s.id, s.before))
	default: // it is of before the lane went back, and so is what it says
	}
}

// stale tells whether the slot with an index is of before its lane went back: who joins
// has read what is in its place.
func (v *view) stale(s *slot, index uint64) bool {
	return s.lane >= 0 && index+1 < v.resets[s.lane]
}

func later(a, b eventlog.ID) eventlog.ID {
	if a.Compare(b) < 0 {
		return b
	}
	return a
}

// broadcast wakes who waits for the view.
func (v *view) broadcast() {
	v.mu.Lock()
	woken := v.waiting
	for _, s := range woken {
		s.waits = false
	}
	v.waiting = v.spare[:0]
	v.mu.Unlock()
	for _, s := range woken { // without the lock, which is what they go for
		if f := s.notify.Load(); f != nil {
			(*f)()
		} else {
			nudge(s.wake)
		}
	}
	clear(woken)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.spare = woken[:0]
}

// wait has s woken by the next broadcast. The caller holds v.mu.
func (v *view) wait(s *Subscription) {
	if !s.waits {
		s.waits, s.waitsAt = true, len(v.waiting)
		v.waiting = append(v.waiting, s)
	}
}

// forget undoes wait.
func (v *view) forget(s *Subscription) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !s.waits {
		return
	}
	last := len(v.waiting) - 1
	v.waiting[s.waitsAt] = v.waiting[last]
	v.waiting[s.waitsAt].waitsAt = s.waitsAt
	v.waiting[last] = nil
	v.waiting = v.waiting[:last]
	s.waits = false
}

// renew notes that the slots from here on are of another epoch.
func (v *view) renew(epoch string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.epoch, v.epochStart = epoch, v.end()
}

// fail ends the view for all its subscribers.
func (v *view) fail(err error) {
	v.mu.Lock()
	v.err = err
	v.mu.Unlock()
	v.broadcast()
}

// ringEnd is end for who does not hold v.mu.
func (v *view) ringEnd() uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.end()
}

// end is the index after the last slot. The caller holds v.mu.
func (v *view) end() uint64 { return v.first + uint64(len(v.slots)) }

// add adds an event that the view matches, unless it is too large for it.
func (v *view) add(s *slot, raw event.Raw) {
	if len(raw.Bytes) <= v.maxEvent {
		s.run(raw)
		return
	}
	if s.over == nil {
		s.over = &Gap{Reason: GapOversize, From: s.id.Time(), To: s.id.Time(), Lanes: []int{s.lane}}
	}
	s.over.Events++
}

// run adds the bytes of an event to a slot, joined to the last run if they are
// neighbours in the entry.
func (s *slot) run(raw event.Raw) {
	s.size += len(raw.Bytes)
	s.count++
	if n := len(s.events); n > 0 {
		if last := s.events[n-1]; adjoins(last, raw.Bytes) {
			s.events[n-1] = last[:len(last)+len(raw.Bytes)]
			return
		}
	}
	s.events = append(s.events, raw.Bytes)
}

// settle makes a slot of what was added of an entry. A slot with nothing but events
// that are too large is a gap.
func (s *slot) settle(entry int) {
	if s.count == 0 {
		s.gap, s.over = s.over, nil
		return
	}
	s.detach(entry)
}

// detach copies the events out of the entry they are part of, if they are a small
// part: else a ring of them would hold on to all the rest of every entry.
func (s *slot) detach(entry int) {
	if 2*s.size >= entry {
		return
	}
	own := make([]byte, 0, s.size)
	for _, r := range s.events {
		own = append(own, r...)
	}
	s.events = [][]byte{own}
}
