package main

import "fmt"

// goal is what a figure is to be: at least, or at most, so much.
type goal struct {
	least bool
	limit float64
}

// goals are those that we have set ourselves, by the name of the figure.
func goals() map[string]goal {
	atLeast := func(v float64) goal { return goal{true, v} }
	atMost := func(v float64) goal { return goal{false, v} }
	return map[string]goal{
		"fanout_1000_vs_bare": atLeast(0.7), "fanout_100_vs_bare": atLeast(0.7),
		"fanout_1000_vs_sample": atLeast(5), "fanout_100_vs_sample": atLeast(5),
		"cpu_per_delivery_vs_bare": atMost(1.4), "cpu_per_delivery_100_vs_bare": atMost(1.4),
		"p99_vs_bare": atMost(1.5), "kinesis_p50_ms": atMost(50), "kinesis_p99_ms": atMost(150),
		"idle_stream_kb": atMost(40), "idle_stream_tls_kb": atMost(60),
		"redis_us_per_record": atMost(1), "ingest_vs_sample": atLeast(10),
		"replay_events_per_s": atLeast(500_000), "live_p99_beside_replays": atMost(2),
	}
}

// verdict tells what was wanted of a figure, and whether it is so.
func verdict(name string, value float64) string {
	g, ok := goals()[name]
	if !ok {
		return ""
	}
	text, met := fmt.Sprintf("at most %g", g.limit), value <= g.limit
	if g.least {
		text, met = fmt.Sprintf("at least %g", g.limit), value >= g.limit
	}
	if met {
		return text + ": yes"
	}
	return text + ": NO"
}
