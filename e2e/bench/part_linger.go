package main

import (
	"context"
	"fmt"
	"time"
)

// lingers is what a delivery of busy costs, and how late it is, with each length of the
// gateway's linger. At its limit a gateway collects by itself what comes while it sends.
func lingers(ctx context.Context, b *bench) error {
	c := curve{Name: "linger", Unit: "us CPU of the gateway per delivery"}
	for _, length := range []time.Duration{0, time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond} {
		f, err := b.spread(ctx, 1, nil, pace{Rate: busyRate, Batch: busyBatch}, "SPILLWAY_LINGER="+length.String())
		if err != nil {
			return fmt.Errorf("linger of %s: %w", length, err)
		}
		b.report.say("linger %s: %.0f deliveries/s, %.2f us CPU each, p99 %.1f ms", length, f.rate(), f.cpu(), f.P99)
		b.report.measured("linger", length.String(), []figures{f})
		c.Points = append(c.Points, point{float64(length) / float64(time.Millisecond), f.cpu()})
	}
	b.report.curve(c)
	return nil
}
