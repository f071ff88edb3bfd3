package fanout

import (
	"context"
	"math/rand/v2"

	"github.com/spillway/spillway/pkg/eventlog"
)

// fallSick takes the pages that could not be read out of the round, and gives their
// lanes to the nurse.
func (h *Hub) fallSick(ctx context.Context, queries []eventlog.Query, pages []eventlog.Page) ([]eventlog.Query, []eventlog.Page) {
	well := 0
	var err error
	for i, page := range pages {
		if page.Err == nil {
			queries[well], pages[well] = queries[i], page
			well++
			continue
		}
		err = page.Err
		h.isolate(queries[i])
	}
	if err != nil && ctx.Err() == nil {
		h.cfg.Metrics.readErrors.Inc()
		h.cfg.Logger.Error("lanes not readable", "lanes", len(pages)-well, "error", err)
	}
	return queries[:well], pages[:well]
}

// isolate gives the lanes of queries to the nurse.
func (h *Hub) isolate(queries ...eventlog.Query) {
	for _, q := range queries {
		h.dirty[q.Lane].Store(true)
		h.sick[q.Lane].Store(true)
	}
	h.countSick()
	nudge(h.recheck)
	nudge(h.nursing)
}

func (h *Hub) countSick() {
	n := 0
	for lane := range h.at.Load().positions {
		if h.sick[lane].Load() {
			n++
		}
	}
	h.cfg.Metrics.sick.Set(float64(n))
}

// nurse tries the lanes that could not be read until they can be, with back-off and
// jitter: those of a cluster's node that is away, or all.
func (h *Hub) nurse(ctx context.Context) error {
	for wait := retryMin; ; {
		if !h.anySick() {
			wait = retryMin
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-h.nursing:
			}
			continue
		}
		pause(ctx, wait/2+rand.N(wait))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if wait = min(2*wait, retryMax); h.visit(ctx) {
			wait = retryMin
		}
	}
}

// visit reads the sick lanes a little, and gives those that can be read back to the
// tail. It tells whether there was one.
func (h *Hub) visit(ctx context.Context) bool {
	if h.check(ctx) != nil {
		return false // what a lane has may be of another life of the log
	}
	at := h.at.Load()
	var queries []eventlog.Query
	for lane, pos := range at.positions {
		if h.sick[lane].Load() {
			queries = append(queries, eventlog.Query{Lane: lane, After: pos, Count: 1})
		}
	}
	healed := false
	for i, page := range h.log.Read(ctx, at.epoch.ID, queries) {
		if page.Err != nil {
			h.cfg.Metrics.readErrors.Inc()
			continue
		}
		healed = true
		h.dirty[queries[i].Lane].Store(true)
		h.sick[queries[i].Lane].Store(false)
	}
	if healed {
		nudge(h.recheck) // it may have come back as another
		h.countSick()
		h.stir()
	}
	return healed
}
