package main

import (
	"context"
	"fmt"
	"slices"
)

// contender is one of those that are compared.
type contender struct {
	name string
	// start starts its servers and its feeder, of events of so many topics.
	start func(ctx context.Context, s *scene, topics int) error
}

const (
	ours   = "ours"
	bareGo = "bare"
	plain  = "sample"
)

func contenders() []contender {
	return []contender{
		{ours, func(ctx context.Context, s *scene, topics int) error {
			if err := s.startOurs(ctx); err != nil {
				return err
			}
			return s.startFeed(topics)
		}},
		{bareGo, func(ctx context.Context, s *scene, topics int) (err error) {
			s.feed, err = s.startServer(ctx, "bare", topics)
			return err
		}},
		{plain, func(ctx context.Context, s *scene, topics int) error {
			if _, err := s.startServer(ctx, "sample", topics); err != nil {
				return err
			}
			var err error
			s.feed, err = s.startWorker("feed", feedConfig{
				URL: s.RedisURL, Publish: true, Topics: topics, Bytes: s.bench.Bytes, Progress: s.socket,
			})
			return err
		}},
	}
}

// inTurn is the order of so many in a round: who is first changes, and so does who comes
// after whom.
func inTurn(count, round int) []int {
	order := make([]int, count)
	for i := range order {
		order[i] = (i + round) % count
	}
	if round%2 == 1 {
		slices.Reverse(order)
	}
	return order
}

// trial is what a contender has to do.
type trial struct {
	part        string
	subscribers int
	topics      int
	pace        pace
}

// compare has all contenders do a trial, in rounds, and returns what was measured of
// each, by name.
func (b *bench) compare(ctx context.Context, t trial) (map[string][]figures, error) {
	all := contenders()
	measured := map[string][]figures{}
	for round := range b.Rounds {
		for _, i := range inTurn(len(all), round) {
			f, err := b.try(ctx, all[i], t)
			if err != nil {
				return nil, fmt.Errorf("%s: round %d: %w", all[i].name, round+1, err)
			}
			b.report.say("%s, round %d, %s: %.0f deliveries/s, %.2f us CPU each, p99 %.1f ms", t.part, round+1, all[i].name, f.rate(), f.cpu(), f.P99)
			measured[all[i].name] = append(measured[all[i].name], f)
		}
	}
	for _, c := range all {
		b.report.measured(t.part, c.name, measured[c.name])
	}
	return measured, nil
}

// try has a contender do a trial once.
func (b *bench) try(ctx context.Context, c contender, t trial) (f figures, err error) {
	s, err := b.newScene(ctx)
	if err != nil {
		return f, err
	}
	defer func() { err = s.close(ctx, err) }()
	if err := c.start(ctx, s, t.topics); err != nil {
		return f, err
	}
	if s.load, err = s.subscribe(ctx, t.subscribers, func(c *loadConfig) { c.Progress = s.socket }); err != nil {
		return f, err
	}
	if err := s.feed.ask(ctx, "start", t.pace, nil); err != nil {
		return f, err
	}
	return s.measure(ctx, b.Warm, b.Window)
}
