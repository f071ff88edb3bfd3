package fanout

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what hubs do.
type Metrics struct {
	events, notices, polled, readErrors, corrupt, replayed, fellOut, losses prometheus.Counter
	evaluations, noResults, tooCostly                                       prometheus.Counter
	views, filterCost, sick, held, budget, retention, reach                 prometheus.Gauge
}

// NewMetrics makes the metrics and registers them with reg, if that is not nil.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "spillway_" + name + "_total", Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "spillway_" + name, Help: help})
	}
	m := &Metrics{
		events:      counter("tail_events", "Events read from the log by the tail."),
		notices:     counter("tail_notices", "Notices received that a lane has grown."),
		polled:      counter("tail_polled_entries", "Entries found by the slow poll before a notice of them came."),
		readErrors:  counter("tail_read_errors", "Failed reads of the log by the tail."),
		corrupt:     counter("corrupt_entries", "Entries of the log that could not be read whole."),
		replayed:    counter("replayed_entries", "Entries read from the log for subscribers that were not live."),
		fellOut:     counter("ring_overruns", "Times that a live subscriber was slower than its ring and went back to the log."),
		losses:      counter("lost_entries_noticed", "Times that entries which had been read were no longer in the log."),
		evaluations: counter("filter_evaluations", "Evaluations of a filter on an event."),
		noResults:   counter("filter_evaluations_without_result", "Evaluations of a filter that had no result: data that is not JSON or lacks a field, for example."),
		tooCostly:   counter("filter_evaluations_cut_short", "Evaluations of a filter that were ended because they cost too much."),
		views:       gauge("views", "Distinct subscriptions."),
		filterCost:  gauge("filter_cost", "What the filters of all distinct subscriptions cost by their estimates, for an event that each is asked about."),
		sick:        gauge("unreadable_lanes", "Lanes of the log that could not be read the last time."),
		held:        gauge("log_held_bytes", "Bytes of events that the log holds."),
		budget:      gauge("log_budget_bytes", "Bytes of events that the log may hold."),
		retention:   gauge("log_retention_seconds", "How long the log keeps events if its budget allows."),
		reach:       gauge("log_reach_seconds", "How long the log keeps events at the rate of the last minute: the retention, or what the budget of the busiest lane is enough for."),
	}
	if reg != nil {
		reg.MustRegister(m.events, m.notices, m.polled, m.readErrors, m.corrupt, m.replayed, m.fellOut, m.losses,
			m.evaluations, m.noResults, m.tooCostly, m.views, m.filterCost, m.sick, m.held, m.budget, m.retention, m.reach)
	}
	return m
}
