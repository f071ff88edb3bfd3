package main

import (
	"context"
	"fmt"
	"strconv"
)

const (
	// scaleRate and scaleReaders are the load of a curve: what an event costs the gateway,
	// not what its delivery does, is to show.
	scaleRate, scaleReaders = 2000, 10
	// curveFactor is from one point of a curve to the next.
	curveFactor = 100
)

// topics is what an event costs with more and more topics.
func topics(ctx context.Context, b *bench) error {
	return b.curve(ctx, "topics", steps(curveFactor, b.Topics), func(ctx context.Context, s *scene, count int) error {
		return s.startFeed(count)
	})
}

// views is what an event costs with more and more distinct subscriptions: that of the
// readers, and others that it does not match.
func views(ctx context.Context, b *bench) error {
	return b.bystanders(ctx, "views", 1, func(i int) string { return "weather.us.idle." + strconv.Itoa(i) })
}

// idlers is the same with subscriptions that are not distinct.
func idlers(ctx context.Context, b *bench) error {
	return b.bystanders(ctx, "idlers", 0, func(int) string { return "weather.us.idle" })
}

// bystanders has subscribers that get nothing stand by: so many less than a point says.
func (b *bench) bystanders(ctx context.Context, name string, less int, pattern func(i int) string) error {
	return b.curve(ctx, name, steps(curveFactor, b.Views), func(ctx context.Context, s *scene, count int) error {
		if err := s.startFeed(fanoutTopics); err != nil || count == less {
			return err
		}
		_, err := s.subscribe(ctx, count-less, func(c *loadConfig) {
			c.Patterns = nil
			for i := range count - less {
				c.Patterns = append(c.Patterns, pattern(i))
			}
		})
		return err
	})
}

// curve measures what an event costs at every point.
func (b *bench) curve(ctx context.Context, name string, points []int, prepare func(ctx context.Context, s *scene, count int) error) error {
	c := curve{Name: name, Unit: "us CPU of the gateway per event"}
	for _, at := range points {
		f, err := b.point(ctx, at, prepare)
		if err != nil {
			return fmt.Errorf("%s %d: %w", name, at, err)
		}
		cost := ratio(f.CPU*1e6, f.Appended)
		b.report.say("%s %d: %.1f us CPU per event, p99 %.1f ms", name, at, cost, f.P99)
		b.report.measured(name, strconv.Itoa(at), []figures{f})
		c.Points = append(c.Points, point{float64(at), cost})
	}
	b.report.curve(c)
	b.report.figure(name+"_cost_growth", ratio(c.Points[len(c.Points)-1].Y, c.Points[0].Y))
	return nil
}

// point measures one of them.
func (b *bench) point(ctx context.Context, at int, prepare func(ctx context.Context, s *scene, count int) error) (f figures, err error) {
	s, err := b.newScene(ctx)
	if err != nil {
		return f, err
	}
	defer func() { err = s.close(ctx, err) }()
	if err := s.startOurs(ctx); err != nil {
		return f, err
	}
	if err := prepare(ctx, s, at); err != nil {
		return f, err
	}
	if s.load, err = s.subscribe(ctx, scaleReaders, nil); err != nil {
		return f, err
	}
	if err := s.feed.ask(ctx, "start", pace{Rate: scaleRate, Batch: feedBatch}, nil); err != nil {
		return f, err
	}
	return s.measure(ctx, b.Warm, b.Window)
}
