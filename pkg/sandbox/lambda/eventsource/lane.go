package eventsource

import (
	"context"
	"errors"
	"time"
)

// lane delivers a share of a shard's records, one batch at a time.
type lane struct {
	source  *source
	index   int
	invoker Invoker
	sink    Destinations
	since   time.Time // when the last invocation ended, or reading began
	due     time.Time // when the batching window of the batch being gathered is over
}

// run delivers batches until the shard has ended (nil) or ctx ends.
func (l *lane) run(ctx context.Context) error {
	l.since = l.settings().Clock()
	pauses := backoff{base: l.settings().RetryBase, cap: l.settings().RetryCap}
	for {
		records, err := l.gather(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			l.settings().ProcessedHook(ResultStreamProblem)
			l.settings().Logger.Warn("stream could not be read", "stream", l.settings().StreamARN, "shard", l.source.shardID, "error", err)
			if err := pauses.wait(ctx); err != nil {
				return err
			}
			continue
		}
		pauses.reset()
		if len(records) == 0 {
			return nil
		}
		d := delivery{lane: l, pauses: backoff{base: l.settings().RetryBase, cap: l.settings().RetryCap}}
		if err := d.run(ctx, records); err != nil {
			return err
		}
		l.since = l.settings().Clock()
	}
}

func (l *lane) settings() *Settings { return &l.source.settings }

// gather returns the next batch: never empty, except when the shard has ended.
func (l *lane) gather(ctx context.Context) ([]Record, error) {
	l.due = time.Time{}
	for {
		n, full := l.source.batch(l.index)
		if full {
			return l.source.take(l.index, n), nil
		}
		got, err := l.more(ctx, n)
		switch {
		case err != nil && (n == 0 || ctx.Err() != nil):
			return nil, err
		case err == nil && got == gotMore:
			continue
		} // an error does not hold up what is here: the next gather meets it again
		if n, _ = l.source.batch(l.index); n > 0 || got == gotEnd {
			return l.source.take(l.index, n), nil
		}
	}
}

// more fetches further records. A lane that has none waits for as long as it takes, one that has some until the
// batching window is over.
func (l *lane) more(ctx context.Context, has int) (fetched, error) {
	if has == 0 {
		return l.source.fetch(ctx, l.index, true)
	}
	if l.due.IsZero() {
		l.due = l.windowEnd()
	}
	left := l.due.Sub(l.settings().Clock())
	if left <= 0 {
		return l.source.fetch(ctx, l.index, false)
	}
	wait, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	got, err := l.source.fetch(wait, l.index, true)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return gotNone, nil
	}
	return got, err
}

// windowEnd is when the present batching window ends; windows without records follow each other without a gap.
func (l *lane) windowEnd() time.Time {
	now, window := l.settings().Clock(), l.settings().Window
	if window <= 0 {
		return now
	}
	return now.Add(window - now.Sub(l.since)%window)
}
