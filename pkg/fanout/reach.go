package fanout

import (
	"time"

	"github.com/spillway/spillway/pkg/eventlog"
)

// rateWindow is over how long the rate of appends is averaged: long enough for the
// bursts of batches, short enough to follow a change of the load.
const rateWindow = time.Minute

// reach is how far back the log goes at the present rate.
type reach struct {
	epoch    string
	since    time.Time
	appended []int64   // by lane, at since
	rates    []float64 // by lane, bytes per second
}

// measure sets the metrics of the log's size from its state. The caller holds h.mu.
func (h *Hub) measure(state eventlog.State) {
	held := int64(0)
	for _, lane := range state.Lanes {
		if lane.Err != nil {
			return // half of it would be no figure
		}
		held += lane.Held
	}
	m := h.cfg.Metrics
	m.held.Set(float64(held))
	m.budget.Set(float64(state.Epoch.Budget))
	m.retention.Set(state.Epoch.Retention.Seconds())
	m.reach.Set(h.reach.after(state, time.Now()).Seconds())
}

// after takes the state at a moment, and returns how old an event may be and still be
// in the log if its lane goes on as it did: the retention, or less if the budget of the
// busiest lane is used up before.
func (r *reach) after(state eventlog.State, now time.Time) time.Duration {
	appended := make([]int64, len(state.Lanes))
	for i, lane := range state.Lanes {
		appended[i] = lane.Appended
	}
	span := now.Sub(r.since).Seconds()
	if r.epoch != state.Epoch.ID || len(r.appended) != len(appended) {
		r.epoch, r.rates = state.Epoch.ID, nil
	} else if span > 0 {
		weight := min(1, span/rateWindow.Seconds())
		if r.rates == nil {
			r.rates, weight = make([]float64, len(appended)), 1 // the first that is known
		}
		for i := range appended {
			rate := max(0, float64(appended[i]-r.appended[i])) / span
			r.rates[i] += weight * (rate - r.rates[i])
		}
	}
	r.since, r.appended = now, appended
	longest := state.Epoch.Retention.Seconds()
	share := float64(state.Epoch.Budget) / float64(max(1, len(appended)))
	for _, rate := range r.rates {
		if share > 0 && rate*longest > share {
			longest = share / rate
		}
	}
	return time.Duration(longest * float64(time.Second))
}
