package fanout

import (
	"context"
	"slices"
	"time"

	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
)

// publish matches the entries of pages, which answer queries in an epoch, puts them
// into the rings of the views, moves the tail on and wakes the subscribers once.
func (h *Hub) publish(ctx context.Context, epoch string, queries []eventlog.Query, pages []eventlog.Page, polled bool) error {
	if h.looksReset(queries, pages) {
		// Before telling of a lane, see whether it is the whole log.
		if err := h.check(ctx); err != nil {
			return err
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	old := h.at.Load()
	at := &tail{old.epoch, slices.Clone(old.positions)}
	until := time.Now().Add(h.patient)
	for i, page := range pages {
		q := queries[i]
		if at.epoch.ID != epoch || at.positions[q.Lane] != q.After {
			h.again(queries[i : i+1]) // the lane was moved meanwhile
			continue
		}
		if polled && !h.dirty[q.Lane].Load() {
			h.cfg.Metrics.polled.Add(float64(len(page.Entries)))
		}
		if !h.entries(at, q.Lane, page.Entries, until) || page.More {
			h.again(queries[i : i+1])
			h.behind = true
		}
	}
	if time.Now().After(until) {
		h.pace.slow() // what was read and not published is read again
	}
	h.at.Store(at)
	h.broadcast()
	return nil
}

func (h *Hub) looksReset(queries []eventlog.Query, pages []eventlog.Page) bool {
	for i, page := range pages {
		if len(page.Entries) > 0 && page.Entries[0].Follows(queries[i].After) == eventlog.Reset {
			return true
		}
	}
	return false
}

// entries publishes entries of a lane, at least one of them. It returns false if the lane
// has to be read again: from an earlier position first, or because the time is over.
func (h *Hub) entries(at *tail, lane int, entries []eventlog.Entry, until time.Time) bool {
	for i, e := range entries {
		if i > 0 && time.Now().After(until) || !h.entry(at, lane, e) {
			return false
		}
	}
	return true
}

// entry publishes one entry of a lane and moves at on, or back if the lane has lost
// what was read before it: what is in its place may have come before this entry.
func (h *Hub) entry(at *tail, lane int, e eventlog.Entry) bool {
	switch pos := at.positions[lane]; {
	case e.Follows(pos) == eventlog.Continuous:
	case pos.Exact() && e.Prev.Compare(pos) < 0:
		if !e.Torn {
			h.reportLoss(at.epoch.ID, lane, pos)
		}
		to := h.known(lane, e.Prev)
		h.moveBack(at, lane, to, e.ID)
		if to != e.Prev {
			return false
		}
	default:
		at.positions[lane] = e.Prev // who resumes from here gets e, and no gap
		gap := gapBetween(lane, pos, e)
		for _, v := range h.viewsOf(lane) {
			h.put(at, v, slot{lane: lane, id: e.Prev, before: e.ID, gap: gap, reset: gap.Reason == GapReset})
		}
	}
	h.accept(at, lane, e)
	return true
}

// accept publishes an entry that follows what was read.
func (h *Hub) accept(at *tail, lane int, e eventlog.Entry) {
	if l, ok := h.lost[lane]; ok && e.Torn && l.id.Compare(e.ID) < 0 {
		delete(h.lost, lane) // it is told
	}
	at.positions[lane] = e.ID
	h.remember(lane, e.ID)
	touched, ok := h.match(lane, e)
	for _, v := range touched {
		s := v.pending
		v.pending = nil
		if ok {
			s.settle(len(e.Data))
			h.put(at, v, *s)
		}
	}
	if ok {
		return
	}
	h.cfg.Metrics.corrupt.Inc()
	h.cfg.Logger.Error("entry of the event log is damaged", "lane", lane, "entry", e.ID.String())
	for _, v := range h.viewsOf(lane) {
		h.put(at, v, slot{lane: lane, id: e.ID, gap: corruptGap(lane, e)})
	}
}

// match collects the events of an entry for the views that match them. It returns
// those views, and whether the entry could be read: if not, it counts for nothing.
func (h *Hub) match(lane int, e eventlog.Entry) (touched []*view, ok bool) {
	take := func(v *view, raw event.Raw) {
		if v.pending == nil {
			v.pending = &slot{lane: lane, id: e.ID}
			touched = append(touched, v)
		}
		v.add(v.pending, raw)
	}
	ok = eachEvent(e, func(raw event.Raw) {
		h.cfg.Metrics.events.Inc()
		h.event++
		h.found = h.index.AppendMatches(h.found[:0], raw.Topic)
		for _, v := range h.found {
			if v.event == h.event {
				continue // another of its patterns has matched as well
			}
			v.event = h.event
			if g, ok := v.gateOf(raw.Topic); ok && h.judge.pass(raw, &g) {
				take(v, raw)
			}
		}
		h.judge.done()
	})
	return touched, ok
}

// corruptGap tells that an entry cannot be read.
func corruptGap(lane int, e eventlog.Entry) *Gap {
	return &Gap{Reason: GapReset, From: e.ID.Time(), To: e.ID.Time(), Lanes: []int{lane}}
}

// eachEvent calls f for the events of an entry, and tells whether all could be
// read. An entry without events is none of ours, unless it only tells of a loss.
func eachEvent(e eventlog.Entry, f func(event.Raw)) (ok bool) {
	for rest := e.Data; len(rest) > 0; {
		raw, more, err := event.Next(rest)
		if err != nil {
			return false
		}
		f(raw)
		rest = more
	}
	return len(e.Data) > 0 || e.Torn
}

func (h *Hub) viewsOf(lane int) []*view {
	var vs []*view
	for _, v := range h.views {
		if slices.Contains(v.lanes, lane) {
			vs = append(vs, v)
		}
	}
	return vs
}

// remember adds an entry to the trail of a lane.
func (h *Hub) remember(lane int, id eventlog.ID) {
	if t := h.trail[lane]; len(t) == 2*trailLength {
		h.trail[lane] = t[:copy(t, t[trailLength:])]
	}
	h.trail[lane] = append(h.trail[lane], id)
}

// put marks a slot with the position that at is, and publishes it.
func (h *Hub) put(at *tail, v *view, s slot) {
	s.mark = v.marks.mark(at.epoch.ID, v.places(at.positions))
	v.publish(s, h.ringLimit())
	if !v.touched {
		v.touched = true
		h.touched = append(h.touched, v)
	}
}

// ringLimit shares the memory for rings among the views.
func (h *Hub) ringLimit() int {
	share := h.cfg.TotalRingBytes / max(len(h.views), 1)
	return min(h.cfg.RingBytes, max(MinRingBytes, share))
}

// broadcast wakes the subscribers of the views that were published to.
func (h *Hub) broadcast() {
	if len(h.touched) > 0 {
		h.audience.due()
	}
	for _, v := range h.touched {
		v.touched = false
		v.settle()
		v.broadcast()
	}
	clear(h.touched)
	h.touched = h.touched[:0]
}
