package fanout

import (
	"slices"

	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/filter"
)

// judge tells whether an event passes gates. It looks into the event once for all of
// them, and not at all for those without filters. It belongs to one goroutine.
type judge struct {
	metrics *Metrics
	raw     event.Raw
	event   filter.Event
	looked  bool // event is raw
}

// turn goes on to another event.
func (j *judge) turn(raw event.Raw) { j.raw, j.looked = raw, false }

// pass tells whether the event passes g.
func (j *judge) pass(g *gate) bool {
	return (len(g.rules) == 0 || slices.ContainsFunc(g.rules, j.agree)) && (g.filter == nil || j.agree(g.filter))
}

// agree tells whether a filter is true for the event.
func (j *judge) agree(f *filter.Filter) bool {
	if !j.looked {
		j.event.Reset(j.raw)
		j.looked = true
	}
	j.metrics.evaluations.Inc()
	switch f.Eval(&j.event) {
	case filter.True:
		return true
	case filter.None:
		j.metrics.noResults.Inc()
	case filter.TooCostly:
		j.metrics.tooCostly.Inc()
	case filter.False:
	}
	return false
}
