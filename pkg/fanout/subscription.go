package fanout

import (
	"context"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/spillway/spillway/pkg/eventlog"
)

// Start is where a subscription begins: at the end of the log, unless one of the
// fields says otherwise.
type Start struct {
	Earliest bool      // at the oldest event that the log has
	Time     time.Time // at the first event appended at or after it
	Cursor   *Cursor   // after what the cursor has seen
}

// Batch is what a subscriber gets at once: events or a gap, or nothing.
type Batch struct {
	Events [][]byte // runs of encoded events, shared: they must not be changed
	Size   int      // bytes of Events
	Count  int      // number of events
	Gap    *Gap
	Mark   Mark // the position after it
	// Memo is of all who get this same batch; nil if nobody else does.
	Memo *Memo
}

// Empty tells whether there is nothing in the batch.
func (b *Batch) Empty() bool { return b.Size == 0 && b.Gap == nil }

// never is an index that no slot has.
const never = math.MaxUint64

// Subscription is one subscriber's place in a view, or in the log. Only one
// goroutine may use it.
type Subscription struct {
	hub   *Hub
	view  *view
	epoch string

	// at is the position after what was delivered, by lane; lanes that the view does
	// not have mean nothing.
	at    []eventlog.ID
	marks tracker // for positions that the view has no mark of

	// next is the slot to read, if live. Slots before shared may be of before at:
	// what replay has delivered is skipped, and their marks are not used.
	live   bool
	next   uint64
	shared uint64
	told   uint64 // the slot whose gap was told before its events
	// checked is, by lane, before which slot replay has looked at the lane since the slot
	// was published: a slot that moved it back is then known to be behind at.
	checked []uint64

	replay    replay
	replaying bool // counted among those of the hub that are

	gaps   []*Gap // to tell before anything else; at is the position after them
	last   Mark   // the position before gaps
	closed bool

	// wake is nudged when there may be something in the ring. Guarded by the view's mu:
	// whether that is to happen, and the place among those who wait.
	wake    chan struct{}
	waits   bool
	waitsAt int
	notify  atomic.Pointer[func()] // called in place of nudging wake
}

// begin sets the position. The subscriber has a place at the end of the view,
// which is at's.
func (s *Subscription) begin(ctx context.Context, start Start, at *tail) error {
	s.at = slices.Clone(at.positions)
	s.counted(true)
	switch {
	case start.Cursor != nil:
		lanes, err := s.hub.state(ctx, at)
		if err != nil {
			return err
		}
		s.resume(*start.Cursor, lanes)
	case start.Earliest:
		return s.pin(ctx)
	case !start.Time.IsZero():
		s.from(eventlog.At(start.Time))
	default:
		s.live, s.shared = true, s.next
		s.counted(false)
	}
	return nil
}

// pin sets the position before the oldest entry of every lane: a cursor that only said
// "the oldest" would not tell what is trimmed after it was given.
func (s *Subscription) pin(ctx context.Context) error {
	var queries []eventlog.Query
	for _, lane := range s.view.lanes {
		queries = append(queries, eventlog.Query{Lane: lane, After: eventlog.Oldest, Count: 1})
	}
	pages, err := s.read(ctx, queries, pinTimeout)
	if err != nil {
		return err
	}
	for i, page := range pages {
		lane := queries[i].Lane
		switch {
		case page.Err != nil, len(page.Entries) > 0 && page.Entries[0].Prev == page.Entries[0].ID:
			s.at[lane] = eventlog.ID{} // rather a gap too many
		case len(page.Entries) > 0:
			s.at[lane] = page.Entries[0].Prev
		default: // what the lane gets is after what the tail has read
		}
	}
	return nil
}

func (s *Subscription) from(pos eventlog.ID) {
	for i := range s.at {
		s.at[i] = pos
	}
}

// resume goes on from a cursor.
func (s *Subscription) resume(c Cursor, lanes []eventlog.LaneState) {
	if c.Epoch != s.epoch {
		// All that the log has is of after the reset.
		s.missAfter(c.mark, &Gap{Reason: GapReset, From: knownTime(c.newest())})
		s.from(eventlog.ID{})
		return
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for _, lane := range s.view.lanes {
		pos, ok := c.Places[lane]
		if !ok {
			// The cursor is of other patterns: begin where it was in time.
			pos = eventlog.At(c.newest().Time())
		}
		// Of a lane that cannot be read now, reading it tells later.
		if ls := lanes[lane]; ls.Err == nil && pos.Exact() && pos.Compare(ls.Head) > 0 {
			s.hub.reportLoss(s.epoch, lane, pos)
			pos = s.hub.common(lane, pos, ls.Head)
			s.missAfter(c.mark, &Gap{Reason: GapReset, From: knownTime(pos), Lanes: []int{lane}})
		}
		s.at[lane] = pos
	}
}

// miss notes a gap, before the position moves past it.
func (s *Subscription) miss(g *Gap) { s.missAfter(s.mark(), g) }

// missAfter notes a gap after the position that before marks. A gap like one that
// waits already is told as one with it: a cursor between the two would hide the
// second.
func (s *Subscription) missAfter(before Mark, g *Gap) {
	n := len(s.gaps)
	switch {
	case n == 0:
		s.last = before
		s.gaps = append(s.gaps, g)
	case s.gaps[n-1].Reason == g.Reason:
		s.gaps[n-1] = s.gaps[n-1].and(g)
	default:
		s.gaps = append(s.gaps, g)
	}
}

// newest returns the position that is the latest in time.
func (c Cursor) newest() eventlog.ID {
	var latest eventlog.ID
	for _, pos := range c.Places {
		if pos.Exact() && pos.Compare(latest) > 0 {
			latest = pos
		}
	}
	return latest
}

// Close gives up the place. It may be called more than once.
func (s *Subscription) Close() {
	if !s.closed {
		s.closed = true
		s.view.forget(s)
		s.counted(false)
		s.hub.leave(s.view)
	}
}

// Live tells whether the subscription has caught up with the tail.
func (s *Subscription) Live() bool { return s.live }

// Mark returns the position after what Next has returned; what the patterns do not
// match may move it on.
func (s *Subscription) Mark() Mark {
	if len(s.gaps) == 0 && s.live {
		s.advance()
	}
	return s.untold()
}

// untold is the mark of the position before the gaps that wait, if any do.
func (s *Subscription) untold() Mark {
	if len(s.gaps) > 0 {
		return s.last
	}
	return s.mark()
}

func (s *Subscription) mark() Mark {
	if m, ok := s.view.levelMark(s.epoch, s.at, s.hub.at.Load()); ok {
		return m
	}
	return s.marks.mark(s.epoch, s.view.places(s.at))
}

// advance moves over entries that the view does not match: if the ring has nothing
// more, all that the tail has read is behind the subscriber.
func (s *Subscription) advance() {
	at := s.hub.at.Load() // before looking at the ring: what it covers is in the ring
	s.view.mu.Lock()
	defer s.view.mu.Unlock()
	if s.next == s.view.end() && s.view.err == nil {
		s.moveTo(at)
	}
}

// moveTo moves the position on to that of the tail, where it is behind.
func (s *Subscription) moveTo(at *tail) {
	if at.epoch.ID != s.epoch || len(at.positions) != len(s.at) {
		return
	}
	for i, pos := range at.positions {
		if s.at[i].Compare(pos) < 0 {
			s.at[i] = pos
		}
	}
}

// Next returns what there is to deliver, up to about maxBytes: the last entry is
// always whole. There may be more once wait, if it is not nil, gives something; it may
// do so in vain. If there is nothing the batch is empty, and wait is not nil. It reads the log, and so may take a while, until the
// subscription is live. Errors: ErrLanesChanged, ErrNotReady (wrapped) if the log
// cannot be read; after the latter Next may be called again.
func (s *Subscription) Next(ctx context.Context, maxBytes int) (b Batch, wait <-chan struct{}, err error) {
	if len(s.gaps) > 0 {
		return s.nextGap(), nil, nil
	}
	if s.live {
		b, wait, ok, err := s.ring(maxBytes)
		if ok || err != nil {
			return b, wait, err
		}
		s.hub.cfg.Metrics.fellOut.Inc()
		s.live = false
	}
	return s.history(ctx, maxBytes)
}

// NextLive is Next without reading the log, so that it takes no time. ok is false if that
// is not enough, and Next is to be called. There may be more if more is true, or once
// wait or what Notify has set says so.
func (s *Subscription) NextLive(maxBytes int) (b Batch, more, ok bool) {
	if len(s.gaps) > 0 || !s.live {
		return b, false, false
	}
	b, wait, ok, err := s.ring(maxBytes)
	return b, wait == nil, ok && err == nil
}

// Notify has f called in place of giving something to the channel that Next returned,
// from another goroutine, which f must not keep; nil ends that. What happened before is
// not told.
func (s *Subscription) Notify(f func()) {
	if f == nil {
		s.notify.Store(nil)
		return
	}
	s.notify.Store(&f)
}

// nextGap tells of a gap. A cursor is past all gaps, so only the last one moves it.
func (s *Subscription) nextGap() Batch {
	b := Batch{Gap: s.gaps[0], Mark: s.last}
	if s.gaps = s.gaps[1:]; len(s.gaps) == 0 {
		b.Mark = s.mark()
	}
	return b
}

// ring reads from the ring. ok is false if the subscriber has fallen out of it.
func (s *Subscription) ring(maxBytes int) (b Batch, wait <-chan struct{}, ok bool, err error) {
	at := s.hub.at.Load()
	v := s.view
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.err != nil {
		return b, nil, false, v.err
	}
	if s.next < v.first {
		return b, nil, false, nil
	}
	if s.shared == never && s.behind(at) {
		s.shared = v.end()
	}
	if r := v.round; r != nil && r.from == s.next && s.next >= s.shared && r.before < maxBytes {
		s.follow(r)
		b = r.batch
	}
	for s.next < v.end() && b.Size < maxBytes && b.Gap == nil && b.Memo == nil {
		sl := &v.slots[s.next-v.first]
		if (sl.gap != nil || sl.over != nil) && b.Size > 0 {
			break
		}
		switch {
		case s.next < s.shared && (v.stale(sl, s.next) || s.seen(sl)):
			s.next++
		case sl.over != nil && s.told != s.next:
			s.told = s.next
			b.Gap, b.Mark = sl.over, s.mark() // the position before the slot
		default:
			s.next++
			s.take(sl, &b)
		}
	}
	if s.next == v.end() && s.shared != never {
		s.moveTo(at)
	}
	if s.next == v.end() && b.Gap == nil {
		v.wait(s)
		wait = s.wake
	}
	if b.Memo == nil && !b.Empty() && s.next <= s.shared {
		b.Mark = s.mark() // a shared mark may be of before what replay has delivered
	}
	return b, wait, true, nil
}

// follow moves the position over a round.
func (s *Subscription) follow(r *round) {
	s.next = r.to
	for _, m := range r.moves {
		s.at[m.lane] = m.id
	}
}

// behind tells whether the subscriber has nothing that the tail has not.
func (s *Subscription) behind(at *tail) bool {
	if at.epoch.ID != s.epoch {
		return true // the reset, which is in the ring, sets the position
	}
	for _, lane := range s.view.lanes {
		if s.at[lane].Compare(at.positions[lane]) > 0 {
			return false
		}
	}
	return true
}

// seen tells whether replay has delivered the next slot already. One that moves a lane
// back is told unless replay has read on from what it moved back to.
func (s *Subscription) seen(sl *slot) bool {
	if sl.reset {
		return sl.lane >= 0 && s.next < s.checked[sl.lane]
	}
	return sl.id.Compare(s.at[sl.lane]) <= 0
}

// take adds a slot to a batch and moves the position. The caller holds the view's
// mu.
func (s *Subscription) take(sl *slot, b *Batch) {
	b.add(sl)
	b.Gap = sl.gap
	if sl.lane >= 0 {
		s.at[sl.lane] = sl.id
		return
	}
	s.from(sl.id)
	s.epoch = sl.epoch
}
