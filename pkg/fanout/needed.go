package fanout

import (
	"context"
	"slices"

	"github.com/spillway/spillway/pkg/eventlog"
)

// Only the lanes that a view may find something in are read. Of the others the hub reads
// one entry now and then, to see whether they still have what it knows of, and goes to
// their heads: it stays a witness of what they had (see reportLoss), and who joins need
// not read what nobody here has asked for.

// need counts a view of lanes in, or out again if n is -1. The caller holds h.mu.
func (h *Hub) need(lanes []int, n int64) {
	for _, lane := range lanes {
		h.readers[lane].Add(n)
	}
}

// needed tells whether a lane is read.
func (h *Hub) needed(lane int) bool { return h.readers[lane].Load() > 0 }

// unneeded returns those of lanes that are not read.
func (h *Hub) unneeded(lanes []int) []int {
	return slices.DeleteFunc(slices.Clone(lanes), h.needed)
}

// lanes returns all lanes of the log.
func (h *Hub) lanes() []int {
	lanes := make([]int, len(h.at.Load().positions))
	for i := range lanes {
		lanes[i] = i
	}
	return lanes
}

// skip moves the lanes that are not read to their heads, but for those that cannot be
// looked at: they fall sick. It tells whether the log was found to be made anew.
func (h *Hub) skip(ctx context.Context, lanes []int) (anew bool) {
	lanes = h.unneeded(lanes)
	at := h.at.Load()
	if len(lanes) == 0 {
		return false
	}
	state, err := h.log.State(ctx)
	if err != nil || state.Epoch.ID != at.epoch.ID {
		nudge(h.recheck)
		return err == nil
	}
	var queries []eventlog.Query
	for _, lane := range lanes {
		switch ls := state.Lanes[lane]; {
		case h.sick[lane].Load():
		case ls.Err != nil:
			h.isolate(eventlog.Query{Lane: lane})
		case ls.Head != at.positions[lane]:
			queries = append(queries, eventlog.Query{Lane: lane, After: at.positions[lane], Count: 1})
		}
	}
	pages := h.log.Read(ctx, at.epoch.ID, queries)
	queries, pages = h.fallSick(ctx, queries, pages)
	h.skipTo(at.epoch.ID, state.Lanes, queries, pages)
	return false
}

// skipTo moves lanes to the heads that state has, if they are still where queries say,
// after a look at what comes next there.
func (h *Hub) skipTo(epoch string, state []eventlog.LaneState, queries []eventlog.Query, pages []eventlog.Page) {
	h.mu.Lock()
	defer h.mu.Unlock()
	old := h.at.Load()
	at := &tail{old.epoch, slices.Clone(old.positions)}
	for i, q := range queries {
		if at.epoch.ID != epoch || at.positions[q.Lane] != q.After || h.needed(q.Lane) || len(pages[i].Entries) == 0 {
			continue
		}
		h.entry(at, q.Lane, pages[i].Entries[0])
		if head := state[q.Lane].Head; at.positions[q.Lane].Compare(head) < 0 {
			at.positions[q.Lane] = head
			h.remember(q.Lane, head)
		}
	}
	h.at.Store(at)
}
