package fanout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
)

const (
	// scanRounds is how often the log is read for one Next that finds nothing: a
	// stream has other things to do, too.
	scanRounds = 16
	// scanTime is how long it goes on, but for the last read, and the last publishTime: a
	// stream looks at its token and its heartbeat in between.
	scanTime = 200 * time.Millisecond
	// turnTimeout bounds the wait for a place among those who read the log, and pinTimeout that
	// for the one with which a subscription begins: it has nothing else to do.
	turnTimeout, pinTimeout = time.Second, 10 * time.Second
	// rejoinMin and rejoinMax bound the pause of a subscriber that can neither read nor
	// join, because the hub has yet to see what happened to the log, or because a lane
	// cannot be read.
	rejoinMin = 5 * time.Millisecond
	rejoinMax = time.Second
)

var errCrowd = errors.New("too many subscribers read it")

// replay is what a subscriber holds of the log while it is not live.
type replay struct {
	lanes []replayLane // as the view's
	memo  memo
	pace  pacer
	pause time.Duration // before the next attempt to join
	torn  place         // the entry before which a loss was told
	over  place         // the entry before which was told that some of its events are too large
}

type replayLane struct {
	entries []eventlog.Entry // read, not delivered
	done    bool             // nothing came after them when they were read
	away    bool             // it cannot be read now
	ring    uint64           // the end of the view's ring before it was last read
}

// end is the position from which a lane is read on of which what is up to at was
// delivered.
func (rl *replayLane) end(at eventlog.ID) eventlog.ID {
	if n := len(rl.entries); n > 0 {
		return rl.entries[n-1].ID
	}
	return at
}

// hungry tells whether a lane may have more, and has little left of a page of so many
// entries: at most one, if pages are small. Lanes that are delivered in turn have one left when the
// first of them has none, and would be read one by one.
func (rl *replayLane) hungry(page int) bool {
	return !rl.done && !rl.away && (len(rl.entries) <= 1 || 2*len(rl.entries) < page)
}

// drop forgets the first entry, which others may hold on to no longer than they need.
func (rl *replayLane) drop() {
	rl.entries[0] = eventlog.Entry{}
	if rl.entries = rl.entries[1:]; len(rl.entries) == 0 {
		rl.entries = nil
	}
}

// history delivers from the log, oldest first over all lanes as far as they are
// read, and goes over to the ring when there is nothing more.
func (s *Subscription) history(ctx context.Context, maxBytes int) (b Batch, wait <-chan struct{}, err error) {
	begin := time.Now()
	for round := 0; round == 0 || round < scanRounds && time.Since(begin) < scanTime; round++ {
		found, err := s.fill(ctx)
		if errors.Is(err, errCrowd) {
			return b, now, nil
		}
		if err != nil {
			return b, nil, err // what other lanes had is kept
		}
		if len(s.gaps) > 0 {
			return s.nextGap(), nil, nil
		}
		if !occupy(ctx, s.hub.matches, scanTime) {
			return b, now, nil
		}
		s.collect(maxBytes, &b)
		<-s.hub.matches
		switch {
		case !b.Empty():
			b.Mark = s.untold()
			return b, nil, nil
		case len(s.gaps) > 0:
			return s.nextGap(), nil, nil
		case !s.exhausted():
			continue // nothing of what was read is for the view, or the time is over
		}
		lanes := s.replay.lanes
		s.replay.lanes = nil
		if s.enter(lanes) {
			s.counted(false)
			s.replay.memo, s.replay.pause = nil, 0
			return s.Next(ctx, maxBytes)
		}
		if found {
			s.replay.pause = 0
			continue
		}
		s.replay.pause = min(rejoinMax, max(rejoinMin, 2*s.replay.pause))
		pause(ctx, s.replay.pause)
	}
	return b, now, nil
}

// now is closed: there is no need to wait.
var now = func() chan struct{} { //nolint:gochecknoglobals // a constant, but for the language
	c := make(chan struct{})
	close(c)
	return c
}()

// collect moves what is read into b, as far as it is known to be the oldest, and until
// the time is over: filters may take long, and drop it all.
func (s *Subscription) collect(maxBytes int, b *Batch) {
	until := time.Now().Add(s.hub.patient)
	for !s.starved() && b.Size < maxBytes && b.Gap == nil && len(s.gaps) == 0 {
		i := s.oldest()
		if i < 0 || !s.deliver(i, b) || time.Now().After(until) {
			return
		}
	}
}

// fill reads on, in one round trip, if a lane has nothing left, and tells whether there
// was anything.
func (s *Subscription) fill(ctx context.Context) (found bool, err error) {
	r := &s.replay
	if r.lanes == nil {
		r.lanes, r.pace = make([]replayLane, len(s.view.lanes)), s.hub.replayPace
		r.pace.size = int(s.hub.replaySize.Load())
		if r.memo == nil {
			r.memo = memo{}
		}
	}
	s.counted(true)
	at := s.hub.at.Load() // before reading: what it has read is in the log, or trimmed
	if at.epoch.ID != s.epoch {
		return true, s.renew(at)
	}
	queries, asked := s.queries()
	if len(queries) == 0 {
		return false, s.allAway()
	}
	r.memo.tidy()
	ring := s.view.ringEnd()
	pages, err := s.read(ctx, queries, turnTimeout)
	if err != nil {
		return false, err
	}
	r.pace.done(pages)
	s.hub.replaySize.Store(int64(r.pace.size))
	r.pace.grow(replayRoom(s.hub.audience.replaying.Load()))
	if s.looksEmptied(queries, pages, at) {
		// Before telling of a lane, see whether it is the whole log.
		if err := s.hub.check(ctx); err != nil {
			return false, fmt.Errorf("%w: %w", ErrNotReady, err)
		}
		if s.hub.at.Load().epoch.ID != s.epoch {
			return true, nil // what was read is of no use
		}
	}
	for j, page := range pages {
		if page.Err != nil && ctx.Err() != nil {
			return found, ctx.Err() // the subscriber has gone, and the lane has not
		}
		if page.Err != nil {
			r.lanes[asked[j]].away = true
			s.hub.isolate(queries[j])
			if err = fmt.Errorf("%w: %w", ErrNotReady, page.Err); len(pages) > 1 {
				err = nil // others can be read, or the next attempt tells
			}
			continue
		}
		s.store(asked[j], queries[j], page, ring, at)
		found = found || len(page.Entries) > 0
	}
	return found, err
}

// store keeps what was read of the view's lane i, when the ring ended at ring, after at
// was looked at.
func (s *Subscription) store(i int, q eventlog.Query, page eventlog.Page, ring uint64, at *tail) {
	rl, n := &s.replay.lanes[i], len(page.Entries)
	s.hub.cfg.Metrics.replayed.Add(float64(n))
	switch {
	case len(rl.entries) == 0:
		rl.entries = page.Entries
	case n == 0:
		return // whether something is missing shows when what is before it is delivered
	default:
		rl.entries = append(rl.entries, page.Entries...)
	}
	rl.done, rl.ring = !page.More, ring
	if n == 0 {
		s.emptied(q.Lane, at)
	}
}

// counted notes whether s is one of those who hold something of the log.
func (s *Subscription) counted(replaying bool) {
	if s.replaying == replaying {
		return
	}
	s.replaying = replaying
	if replaying {
		s.hub.audience.replaying.Add(1)
	} else {
		s.hub.audience.replaying.Add(-1)
	}
}

// looksEmptied tells whether a lane has nothing of what the tail had read of it.
func (s *Subscription) looksEmptied(queries []eventlog.Query, pages []eventlog.Page, at *tail) bool {
	for i, page := range pages {
		if page.Err == nil && len(page.Entries) == 0 && queries[i].After.Compare(at.positions[queries[i].Lane]) < 0 {
			return true
		}
	}
	return false
}

// queries asks for more if a lane has nothing left, and then of all that have little, so
// that lanes which are delivered side by side are read side by side. It tells which of
// the view's lanes they are.
func (s *Subscription) queries() (queries []eventlog.Query, asked []int) {
	lanes := s.replay.lanes
	sharing := 0
	for i := range lanes {
		lanes[i].away = s.hub.sick[s.view.lanes[i]].Load()
		if !lanes[i].done || len(lanes[i].entries) > 0 {
			sharing++
		}
	}
	if !s.starved() {
		return nil, nil
	}
	page := s.replay.pace.count(sharing)
	for i := range lanes {
		if lane := s.view.lanes[i]; lanes[i].hungry(page) {
			q := eventlog.Query{Lane: lane, After: lanes[i].end(s.at[lane]), Count: max(1, page-len(lanes[i].entries))}
			queries, asked = append(queries, q), append(asked, i)
		}
	}
	return queries, asked
}

// allAway returns an error if no lane can be read.
func (s *Subscription) allAway() error {
	for _, rl := range s.replay.lanes {
		if !rl.away {
			return nil
		}
	}
	return ErrNotReady
}

// read reads the log when it is this subscriber's turn, for which it waits little longer than
// patience.
func (s *Subscription) read(ctx context.Context, queries []eventlog.Query, patience time.Duration) ([]eventlog.Page, error) {
	if !occupy(ctx, s.hub.replays, patience) {
		return nil, fmt.Errorf("%w: %w", ErrNotReady, cmp.Or(ctx.Err(), errCrowd))
	}
	defer func() { <-s.hub.replays }()
	defer s.hub.audience.turn(ctx).end()
	return s.hub.log.Read(ctx, s.epoch, queries), nil
}

// occupy takes one of the places, to be given back, and waits for it at most for patience.
// It returns false if there was none.
func occupy(ctx context.Context, places chan struct{}, patience time.Duration) bool {
	select {
	case places <- struct{}{}:
		return true
	default:
	}
	over := time.NewTimer(patience)
	defer over.Stop()
	select {
	case places <- struct{}{}:
		return true
	case <-over.C:
	case <-ctx.Done():
	}
	return false
}

// renew begins again in another epoch: all that the log has is new.
func (s *Subscription) renew(at *tail) error {
	if len(at.positions) != len(s.at) {
		return ErrLanesChanged
	}
	s.miss(&Gap{Reason: GapReset})
	s.from(eventlog.ID{})
	s.epoch, s.replay = at.epoch.ID, replay{}
	return nil
}

// emptied notes that a lane has nothing after the position. What the tail had read of
// it by then is gone, if there was anything.
func (s *Subscription) emptied(lane int, at *tail) {
	pos, head := s.at[lane], at.positions[lane]
	if pos.Compare(head) >= 0 {
		return
	}
	if pos != eventlog.Oldest {
		s.miss(&Gap{Reason: GapTrimmed, From: knownTime(pos), To: head.Time(), Lanes: []int{lane}})
	}
	s.at[lane] = head
}

// exhausted tells whether all lanes that can be read are read to their ends and
// delivered.
func (s *Subscription) exhausted() bool {
	for _, rl := range s.replay.lanes {
		if len(rl.entries) > 0 || !rl.done && !rl.away {
			return false
		}
	}
	return true
}

// oldest returns which lane of the view has the oldest entry, or -1 if none has
// one.
func (s *Subscription) oldest() int {
	best := -1
	for i, rl := range s.replay.lanes {
		if len(rl.entries) > 0 && (best < 0 || rl.entries[0].ID.Compare(s.replay.lanes[best].entries[0].ID) < 0) {
			best = i
		}
	}
	return best
}

// starved tells whether a lane may have more that is not read: then what is the
// oldest is not known. One that cannot be read holds up no others.
func (s *Subscription) starved() bool {
	for _, rl := range s.replay.lanes {
		if len(rl.entries) == 0 && !rl.done && !rl.away {
			return true
		}
	}
	return false
}

// deliver moves the first entry of the view's lane i into b. It returns false if a
// gap must be told first.
func (s *Subscription) deliver(i int, b *Batch) bool {
	lane := s.view.lanes[i]
	rl := &s.replay.lanes[i]
	e := rl.entries[0]
	here := place{lane, e.ID}
	if pos := s.at[lane]; e.Follows(pos) != eventlog.Continuous && s.replay.torn != here {
		if b.Size > 0 {
			return false // what is before the gap goes out first
		}
		b.Gap = gapBetween(lane, pos, e)
		s.at[lane] = s.back(lane, pos, e)
		if s.at[lane] == e.Prev {
			s.replay.torn = here
		} else {
			*rl = replayLane{} // what is in the place of what was lost comes first
		}
		return false
	}
	sl, ok := s.slotOf(lane, e)
	switch {
	case !ok:
		s.hub.cfg.Metrics.corrupt.Inc()
		s.miss(corruptGap(lane, e))
	case sl.over != nil && sl.count == 0:
		s.miss(sl.over)
	case sl.over != nil && s.replay.over != here:
		if b.Size == 0 {
			b.Gap, s.replay.over = sl.over, here
		}
		return false // its events come after the gap
	default:
		b.Events = append(b.Events, sl.events...)
		b.Size += sl.size
		b.Count += sl.count
	}
	s.at[lane] = e.ID
	rl.drop()
	return len(s.gaps) == 0
}

// slotOf collects the events of an entry for the view, and tells whether the entry could
// be read.
func (s *Subscription) slotOf(lane int, e eventlog.Entry) (sl slot, ok bool) {
	v, m := s.view, s.replay.memo
	j := s.hub.judges.Get().(*judge)
	defer s.hub.judges.Put(j)
	sl = slot{lane: lane, id: e.ID}
	ok = eachEvent(e, func(raw event.Raw) {
		if g, ok := m.gate(&v.scope, raw.Topic); ok && j.pass(raw, &g) {
			v.add(&sl, raw)
		}
		j.done()
	})
	return sl, ok
}

// back returns from where a lane is read on to get e, which does not follow pos: from
// before what was lost, if anything was.
func (s *Subscription) back(lane int, pos eventlog.ID, e eventlog.Entry) eventlog.ID {
	if !pos.Exact() || e.Prev.Compare(pos) >= 0 {
		return e.Prev
	}
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.at.Load().epoch.ID != s.epoch {
		return e.Prev
	}
	if !e.Torn {
		h.reportLoss(s.epoch, lane, pos)
	}
	return h.common(lane, pos, e.Prev)
}

// enter joins the ring, if it still has all that comes after the position, to which
// lanes have been read.
func (s *Subscription) enter(lanes []replayLane) bool {
	v := s.view
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.err != nil {
		s.live, s.next = true, v.end() // to be told of it
		return true
	}
	if v.epoch != s.epoch {
		return false
	}
	first := v.first
	if v.first < v.epochStart {
		first = v.epochStart // from there on, from the beginning
	} else {
		for _, lane := range v.lanes {
			if s.at[lane].Compare(v.evicted[lane]) < 0 {
				return false
			}
		}
	}
	s.live, s.next, s.shared = true, first, never
	s.checked = make([]uint64, len(v.evicted))
	for i, rl := range lanes {
		s.checked[v.lanes[i]] = rl.ring
	}
	return true
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
