package main

import (
	"context"
	"errors"
	"time"

	"github.com/spillway/spillway/e2e/harness"
)

// sliceDelay is the pause after each slice of a sliced link, in microseconds.
const sliceDelay = 200

// link cuts or slows a link for a time.
func (c *conductor) link(ctx context.Context, f fault) error {
	l := c.links[f.Target]
	if f.Kind == linkCut {
		l.Cut()
		return errors.Join(sleep(ctx, f.Hold), l.Mend())
	}
	toxic := f.toxic()
	if err := l.Poison(toxic); err != nil {
		return err
	}
	return errors.Join(sleep(ctx, f.Hold), l.Cure(toxic))
}

// toxic is the fault in Toxiproxy's words.
func (f fault) toxic() harness.Toxic {
	ms := func(d time.Duration) int { return int(d / time.Millisecond) }
	t := harness.Toxic{Up: f.Up, Down: f.Down}
	switch f.Kind {
	case linkSlow:
		t.Type, t.Attributes = "latency", map[string]int{"latency": ms(f.Lag), "jitter": ms(f.Jitter)}
	case linkNarrow:
		t.Type, t.Attributes = "bandwidth", map[string]int{"rate": f.Rate}
	case linkSliced:
		t.Type, t.Attributes = "slicer", map[string]int{"average_size": f.Size, "size_variation": f.Size / 2, "delay": sliceDelay}
	case linkSilent:
		t.Type, t.Attributes = "timeout", map[string]int{"timeout": 0}
	case linkReset:
		t.Type, t.Attributes = "reset_peer", map[string]int{"timeout": ms(f.Jitter)}
	}
	return t
}
