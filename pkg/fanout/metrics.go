package fanout

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what hubs do.
type Metrics struct {
	events, notices, polled, readErrors, corrupt, replayed, fellOut prometheus.Counter
	views                                                           prometheus.Gauge
}

// NewMetrics makes the metrics and registers them with reg, if that is not nil.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "spillway_" + name + "_total", Help: help})
	}
	m := &Metrics{
		events:     counter("tail_events", "Events read from the log by the tail."),
		notices:    counter("tail_notices", "Notices received that a lane has grown."),
		polled:     counter("tail_polled_entries", "Entries found by the slow poll before a notice of them came."),
		readErrors: counter("tail_read_errors", "Failed reads of the log by the tail."),
		corrupt:    counter("corrupt_entries", "Entries of the log that could not be read whole."),
		replayed:   counter("replayed_entries", "Entries read from the log for subscribers that were not live."),
		fellOut:    counter("ring_overruns", "Times that a live subscriber was slower than its ring and went back to the log."),
		views:      prometheus.NewGauge(prometheus.GaugeOpts{Name: "spillway_views", Help: "Distinct subscriptions."}),
	}
	if reg != nil {
		reg.MustRegister(m.events, m.notices, m.polled, m.readErrors, m.corrupt, m.replayed, m.fellOut, m.views)
	}
	return m
}
