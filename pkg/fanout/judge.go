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
	event   filter.Event
	looking bool // at an event that is not done
}

// pass tells whether an event passes g. Until done it is always the same event.
func (j *judge) pass(raw event.Raw, g *gate) bool {
	if g.open() {
		return true
	}
	if !j.looking {
		j.event.Reset(raw)
		j.looking = true
	}
	return (len(g.rules) == 0 || slices.ContainsFunc(g.rules, j.agree)) && (g.filter == nil || j.agree(g.filter))
}

// done is called after the last gate that an event has to pass.
func (j *judge) done() { j.looking = false }

// agree tells whether a filter is true for the event.
func (j *judge) agree(f *filter.Filter) bool {
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
