package fanout

import (
	"context"
	"fmt"
	"time"

	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
)

const (
	// replayBytes is how much of a lane a replaying subscriber aims to hold at once;
	// together with the largest entry it bounds its memory, however long the history.
	replayBytes = 128 << 10
	// replayCount bounds the entries of a page, replayCountFirst is the first page's.
	replayCount      = 256
	replayCountFirst = 8
	// rejoinPause keeps a subscriber that can neither read nor join, because the
	// hub has yet to see what happened to the log, from asking too often.
	rejoinPause = 5 * time.Millisecond
)

// replay is what a subscriber holds of the log while it is not live.
type replay struct {
	lanes []replayLane // as the view's
	count int          // entries to ask for
}

type replayLane struct {
	entries []eventlog.Entry // read, not delivered
	done    bool             // nothing came after them when they were read
}

// history delivers from the log, oldest first over all lanes as far as they are
// read, and goes over to the ring when there is nothing more.
func (s *Subscription) history(ctx context.Context, maxBytes int) (b Batch, wait <-chan struct{}, err error) {
	for {
		found, err := s.fill(ctx)
		if err != nil {
			return b, nil, err
		}
		if len(s.gaps) > 0 {
			return s.nextGap(), nil, nil
		}
		s.collect(maxBytes, &b)
		switch {
		case !b.Empty():
			b.Mark = s.lastBefore()
			return b, nil, nil
		case len(s.gaps) > 0:
			return s.nextGap(), nil, nil
		case s.oldest() >= 0:
			continue // the patterns match nothing of what was read
		}
		s.replay.lanes = nil
		if s.enter() {
			return s.Next(ctx, maxBytes)
		}
		if !found {
			pause(ctx, rejoinPause)
		}
	}
}

// collect moves what is read into b, as far as it is known to be the oldest.
func (s *Subscription) collect(maxBytes int, b *Batch) {
	for !s.starved() && b.Size < maxBytes && b.Gap == nil && len(s.gaps) == 0 {
		i := s.oldest()
		if i < 0 || !s.deliver(i, b) {
			return
		}
	}
}

// fill reads the lanes of which nothing is left, in one round trip, and tells
// whether there was anything.
func (s *Subscription) fill(ctx context.Context) (found bool, err error) {
	r := &s.replay
	if r.lanes == nil {
		r.lanes = make([]replayLane, len(s.view.lanes))
		r.count = replayCountFirst
	}
	at := s.hub.at.Load() // before reading: what it has read is in the log, or trimmed
	if at.epoch.ID != s.epoch {
		return true, s.renew(at)
	}
	var queries []eventlog.Query
	var asked []int
	for i, rl := range r.lanes {
		if len(rl.entries) == 0 && !rl.done {
			lane := s.view.lanes[i]
			queries = append(queries, eventlog.Query{Lane: lane, After: s.at[lane], Count: r.count})
			asked = append(asked, i)
		}
	}
	pages, err := s.hub.log.Read(ctx, queries)
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrNotReady, err)
	}
	largest := 0
	for j, page := range pages {
		rl := &r.lanes[asked[j]]
		rl.entries, rl.done = page, len(page) < queries[j].Count
		s.hub.cfg.Metrics.replayed.Add(float64(len(page)))
		if len(page) == 0 {
			s.exhausted(queries[j].Lane, at)
		}
		largest = max(largest, pageBytes(page))
	}
	r.resize(largest)
	return largest > 0, nil
}

// renew begins again in another epoch: all that the log has is new.
func (s *Subscription) renew(at *tail) error {
	if len(at.positions) != len(s.at) {
		return ErrLanesChanged
	}
	s.last = s.mark()
	s.miss(&Gap{Reason: GapReset})
	s.from(eventlog.ID{})
	s.epoch, s.replay = at.epoch.ID, replay{}
	return nil
}

// resize asks for more entries next time if they are small, for fewer if large.
func (r *replay) resize(bytes int) {
	switch {
	case bytes == 0:
	case bytes > replayBytes:
		r.count = max(1, r.count/2)
	case bytes < replayBytes/2:
		r.count = min(replayCount, r.count*2)
	}
}

func pageBytes(page []eventlog.Entry) int {
	n := 0
	for _, e := range page {
		n += len(e.Data)
	}
	return n
}

// exhausted notes that a lane has nothing after the position. What the tail had
// read of it by then is gone, if there was anything.
func (s *Subscription) exhausted(lane int, at *tail) {
	pos, head := s.at[lane], at.positions[lane]
	if pos.Compare(head) >= 0 {
		return
	}
	if pos != eventlog.Oldest {
		s.last = s.lastBefore()
		s.miss(&Gap{Reason: GapTrimmed, From: knownTime(pos), To: head.Time(), Lanes: []int{lane}})
	}
	s.at[lane] = head
}

// lastBefore is the mark of the position before the gaps that wait, and before one
// that is about to.
func (s *Subscription) lastBefore() Mark {
	if len(s.gaps) > 0 {
		return s.last
	}
	return s.mark()
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
// oldest is not known.
func (s *Subscription) starved() bool {
	for _, rl := range s.replay.lanes {
		if len(rl.entries) == 0 && !rl.done {
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
	if pos := s.at[lane]; e.Follows(pos) != eventlog.Continuous {
		if b.Size > 0 {
			return false // what is before the gap goes out first
		}
		b.Gap = gapBetween(lane, pos, e)
		s.at[lane] = e.Prev
		return false
	}
	var sl slot
	ok := eachEvent(e.Data, func(raw event.Raw) {
		if s.view.match(string(raw.Topic)) {
			sl.run(raw)
		}
	})
	if ok {
		b.Events = append(b.Events, sl.events...)
		b.Size += sl.size
		b.Count += sl.count
	} else {
		s.hub.cfg.Metrics.corrupt.Inc()
		s.last = s.lastBefore()
		s.miss(corruptGap(lane, e))
	}
	s.at[lane] = e.ID
	if rl.entries = rl.entries[1:]; len(rl.entries) == 0 {
		rl.entries = nil
	}
	return ok
}

// enter joins the ring, if it still has all that comes after the position.
func (s *Subscription) enter() bool {
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
