package eventsource

import (
	"context"
	"strconv"
	"time"
)

// lane delivers a share of a shard's records, one batch at a time.
type lane struct {
	source  *source
	index   int
	invoker Invoker
	sink    Destinations
	knobs   *knobs
	since   time.Time // when the last invocation ended, or reading began
	due     time.Time // when the batching window of the batch being gathered is over
}

// run delivers batches until the shard has ended (nil) or ctx ends.
func (l *lane) run(ctx context.Context) error {
	l.since = l.settings().Clock.Now()
	pauses := newBackoff(l.settings(), l.name())
	for {
		got, err := l.gather(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			l.settings().ProcessedHook(ResultStreamProblem)
			l.settings().Logger.Warn("stream could not be read", "source", l.settings().SourceARN, "shard", l.source.shardID, "error", err)
			if err := pauses.wait(ctx); err != nil {
				return err
			}
			continue
		}
		pauses.reset()
		if len(got.records) == 0 && !got.windowOver {
			return nil
		}
		if err := l.deliver(ctx, got); err != nil {
			return err
		}
		l.since = l.settings().Clock.Now()
	}
}

func (l *lane) deliver(ctx context.Context, got gathered) error {
	d := &delivery{lane: l, pauses: newBackoff(l.settings(), l.name())}
	if got.windowOver {
		return d.endWindow(ctx, windowFlags{final: true})
	}
	return d.run(ctx, got.records)
}

func (l *lane) settings() *Settings { return &l.source.settings }

// name tells the lane from its siblings.
func (l *lane) name() string { return l.source.shardID + "/" + strconv.Itoa(l.index) }

// gathered is what a lane has to do next: deliver records, or end the tumbling window. Neither means that the shard has
// ended.
type gathered struct {
	records    []Record
	windowOver bool
}

// gather returns the next batch.
func (l *lane) gather(ctx context.Context) (gathered, error) {
	l.due = time.Time{}
	for {
		n, full := l.source.batch(l.index)
		if full {
			return l.taken(n), nil
		}
		got, err := l.more(ctx, n)
		switch {
		case err != nil && (n == 0 || ctx.Err() != nil):
			return gathered{}, err
		case err == nil && got == gotMore:
			continue
		} // an error does not hold up what is here: the next gather meets it again
		n, full = l.source.batch(l.index)
		if n > 0 || full || got == gotEnd || l.windowOver() {
			return l.taken(n), nil
		}
	}
}

// taken takes n records; without any, an open tumbling window has to end: a later record, the clock or the end of the
// shard has ended it.
func (l *lane) taken(n int) gathered {
	if n == 0 {
		return gathered{windowOver: l.source.openWindow() != nil}
	}
	return gathered{records: l.source.take(l.index, n)}
}

// more fetches further records. A lane that has none waits until the tumbling window ends, or for as long as it takes; one
// that has some until the batching window is over.
func (l *lane) more(ctx context.Context, has int) (fetched, error) {
	end, limited := l.waitEnd(has)
	if !limited {
		return l.source.fetch(ctx, l.index, has, true)
	}
	left := end.Sub(l.settings().Clock.Now())
	if has == 0 && l.settings().FanOut != nil {
		left = max(left, pushGrace)
	}
	if left <= 0 {
		return l.source.fetch(ctx, l.index, has, false)
	}
	waiting, cancel := until(ctx, l.settings().Clock, left)
	defer cancel()
	got, err := l.source.fetch(waiting, l.index, has, true)
	if waiting.Err() != nil && ctx.Err() == nil {
		return gotNone, nil
	}
	return got, err
}

// waitEnd is when to stop to wait for further records, if there is such a time.
func (l *lane) waitEnd(has int) (end time.Time, limited bool) {
	if has > 0 {
		if l.due.IsZero() {
			l.due = l.batchingEnd()
		}
		end, limited = l.due, true
	}
	if w := l.source.openWindow(); w != nil && (!limited || l.windowEnd(w).Before(end)) {
		end, limited = l.windowEnd(w), true
	}
	return end, limited
}

// windowOver tells whether the time of the open tumbling window is over.
func (l *lane) windowOver() bool {
	w := l.source.openWindow()
	return w != nil && !l.settings().Clock.Now().Before(l.windowEnd(w))
}

// windowEnd is when all that arrived in a tumbling window has been read.
func (l *lane) windowEnd(w *Window) time.Time { return w.End.Add(l.settings().PollInterval) }

// batchingEnd is when the present batching window ends; windows without records follow each other without a gap.
func (l *lane) batchingEnd() time.Time {
	now, window := l.settings().Clock.Now(), l.settings().Window
	if window <= 0 {
		return now
	}
	return now.Add(window - now.Sub(l.since)%window)
}
