package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// preloadBatch is how many events are appended at once to a log that is to be replayed:
	// a backlog is written by large batches.
	preloadBatch = 500
	// replayTimeout bounds the wait for a feed, or a replay.
	replayTimeout = 5 * time.Minute
	// besideShare is how much of the log of replay is there for each of those that replay
	// beside live ones, and how many of them there are.
	besideShare, besideCount = 5, 100
)

// preload appends so many events.
func (s *scene) preload(ctx context.Context, count int) error {
	if err := s.feed.ask(ctx, "start", pace{Events: int64(count), Batch: preloadBatch}, nil); err != nil {
		return err
	}
	var fed fedSoFar
	err := until(ctx, func() (bool, error) {
		err := s.feed.ask(ctx, "mark", nil, &fed)
		return fed.Events >= int64(count), err
	})
	return errors.Join(err, s.feed.ask(ctx, "stop", nil, nil))
}

// until waits until ok.
func until(ctx context.Context, ok func() (bool, error)) error {
	for deadline := time.Now().Add(replayTimeout); ; {
		done, err := ok()
		if done || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not done within %s", replayTimeout)
		}
		if err := sleep(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

// replay is one subscriber that reads all that the log has.
func replay(ctx context.Context, b *bench) (err error) {
	s, err := b.newScene(ctx)
	if err != nil {
		return err
	}
	defer func() { err = s.close(ctx, err) }()
	if err := errors.Join(s.startOurs(ctx), s.startFeed(fanoutTopics)); err != nil {
		return err
	}
	if err := s.preload(ctx, b.Replay); err != nil {
		return err
	}
	var rates, costs []float64
	for round := range b.Rounds {
		rate, cost, err := s.replayOnce(ctx)
		if err != nil {
			return err
		}
		b.report.say("replay, round %d: %.0f events/s, %.2f us CPU each", round+1, rate, cost)
		rates, costs = append(rates, rate), append(costs, cost)
	}
	b.report.row(row{Part: "replay", Who: ours, Values: map[string]float64{columnRate: median(rates), columnCPU: median(costs)}})
	b.report.figure("replay_events_per_s", median(rates))
	return nil
}

// replayOnce returns the rate of one replay and what an event took of the gateway's CPU.
func (s *scene) replayOnce(ctx context.Context) (rate, cost float64, err error) {
	before, err := cpuOf(s.servers...)
	if err != nil {
		return 0, 0, err
	}
	w, err := s.subscribe(ctx, 1, func(c *loadConfig) { c.Earliest = true })
	if err != nil {
		return 0, 0, err
	}
	defer w.Kill()
	var m marked
	err = until(ctx, func() (bool, error) {
		err := w.ask(ctx, "mark", nil, &m)
		if err == nil && m.Failed > 0 {
			err = errors.New(m.Why)
		}
		return m.Events >= int64(s.bench.Replay), err
	})
	after, err2 := cpuOf(s.servers...)
	events := float64(m.Events)
	return ratio(events, float64(m.Last-m.Begun)/1e9), ratio((after-before)*1e6, events), errors.Join(err, err2, m.check())
}

// beside is what those who replay do to those who are live.
func beside(ctx context.Context, b *bench) (err error) {
	var ratios []float64
	for round := range b.Rounds {
		alone, along, err := b.besideOnce(ctx)
		if err != nil {
			return err
		}
		b.report.say("beside, round %d: live p99 %.1f ms alone, %.1f ms beside %d that replay at %.0f events/s", round+1, alone.P99, along.live.P99, besideCount, along.replayed)
		ratios = append(ratios, ratio(along.live.P99, alone.P99))
		if round == b.Rounds-1 {
			b.report.measured("beside", "live alone", []figures{alone})
			b.report.measured("beside", "live beside replays", []figures{along.live})
		}
	}
	b.report.figure("live_p99_beside_replays", median(ratios))
	return nil
}

// along is what was measured while others replayed.
type along struct {
	live     figures
	replayed float64 // events a second, of all that replay
}

func (b *bench) besideOnce(ctx context.Context) (alone figures, with along, err error) {
	s, err := b.newScene(ctx)
	if err != nil {
		return alone, with, err
	}
	defer func() { err = s.close(ctx, err) }()
	if err := errors.Join(s.startOurs(ctx), s.startFeed(fanoutTopics)); err != nil {
		return alone, with, err
	}
	if err := s.preload(ctx, b.Replay/besideShare); err != nil {
		return alone, with, err
	}
	if s.load, err = s.subscribe(ctx, besideCount, nil); err != nil {
		return alone, with, err
	}
	if err := s.feed.ask(ctx, "start", pace{Rate: calmRate, Batch: 1}, nil); err != nil {
		return alone, with, err
	}
	if alone, err = s.measure(ctx, b.Warm, b.Window); err != nil {
		return alone, with, err
	}
	replaying, err := s.subscribe(ctx, besideCount, func(c *loadConfig) { c.Earliest = true })
	if err != nil {
		return alone, with, err
	}
	if with.live, err = s.measure(ctx, 0, b.Window); err != nil {
		return alone, with, err
	}
	var m marked
	if err = replaying.ask(ctx, "mark", nil, &m); err != nil {
		return alone, with, err
	}
	with.replayed = ratio(float64(m.Events), float64(m.Last-m.Begun)/1e9)
	return alone, with, m.check()
}
