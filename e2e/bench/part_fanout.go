package main

import (
	"context"
	"fmt"
)

const (
	// fanoutTopics spread over the lanes of the log.
	fanoutTopics = 16
	// smallShare is how many subscribers of fanout there are for one of small.
	smallShare = 10
	// floodBatch is how many events are appended at a time where nothing limits the rate:
	// what a shard that is behind brings. Batches of 100 on 16 lanes are what Redis, and
	// who appends them, are busy with, and not the gateway.
	floodBatch = 500
	// calmRate is how many events a second come in calm, one by one.
	calmRate = 50
	// busyRate is how many come in busy, and busyBatch how many at once: below what bare is
	// able to do, and more often than it flushes.
	busyRate, busyBatch = 500, 2
)

func p50(f figures) float64 { return f.P50 }
func p99(f figures) float64 { return f.P99 }

// fanout is as many deliveries as go, to many.
func fanout(ctx context.Context, b *bench) error {
	measured, err := b.saturate(ctx, "fanout", b.Subscribers)
	if err != nil {
		return err
	}
	b.report.compare("cpu_per_delivery_vs_bare", each(measured[ours], figures.cpu), each(measured[bareGo], figures.cpu))
	return nil
}

// small is the same to fewer.
func small(ctx context.Context, b *bench) error {
	measured, err := b.saturate(ctx, "small", b.Subscribers/smallShare)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("cpu_per_delivery_%d_vs_bare", b.Subscribers/smallShare)
	b.report.compare(name, each(measured[ours], figures.cpu), each(measured[bareGo], figures.cpu))
	return nil
}

func (b *bench) saturate(ctx context.Context, name string, subscribers int) (map[string][]figures, error) {
	measured, err := b.compare(ctx, trial{
		part: name, subscribers: subscribers, topics: fanoutTopics, pace: pace{InFlight: b.InFlight, Batch: floodBatch},
	})
	if err != nil {
		return nil, err
	}
	for _, other := range []string{bareGo, plain} {
		b.report.compare(fmt.Sprintf("fanout_%d_vs_%s", subscribers, other), each(measured[ours], figures.rate), each(measured[other], figures.rate))
	}
	return measured, nil
}

// calm is a quiet feed to many: each event is alone.
func calm(ctx context.Context, b *bench) error {
	return b.steady(ctx, "calm", "", pace{Rate: calmRate, Batch: 1})
}

// busy is a feed to many in which events come faster than it is worth to flush.
func busy(ctx context.Context, b *bench) error {
	return b.steady(ctx, "busy", "busy_", pace{Rate: busyRate, Batch: busyBatch})
}

// steady compares at a rate that all are to keep up with.
func (b *bench) steady(ctx context.Context, name, prefix string, p pace) error {
	measured, err := b.compare(ctx, trial{part: name, subscribers: b.Subscribers, topics: fanoutTopics, pace: p})
	if err != nil {
		return err
	}
	b.report.compare(prefix+"p99_vs_bare", each(measured[ours], p99), each(measured[bareGo], p99))
	b.report.compare(prefix+"p50_vs_bare", each(measured[ours], p50), each(measured[bareGo], p50))
	b.report.compare("cpu_per_delivery_"+name+"_vs_bare", each(measured[ours], figures.cpu), each(measured[bareGo], figures.cpu))
	return nil
}
