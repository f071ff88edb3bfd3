package rebuild

import (
	"context"
	"fmt"

	"github.com/spillway/spillway/pkg/eventlog"
)

// refill appends those of items that the log does not have. One shard at a time does
// it, so that what the log has is what was just looked at.
func (r *run) refill(ctx context.Context, source, since string, items []eventlog.Item) error {
	r.append.Lock()
	defer r.append.Unlock()
	missing, _, err := r.index.missing(items)
	if err != nil || len(missing) == 0 {
		return err
	}
	// The consumer may have appended them meanwhile.
	if err := r.sameEpoch(ctx); err != nil {
		return err
	}
	if err := r.index.update(ctx); err != nil {
		return err
	}
	missing, ids, err := r.index.missing(missing)
	if err != nil || len(missing) == 0 {
		return err
	}
	c := Counts{Missing: int64(len(missing))}
	for _, it := range missing {
		c.MissingBytes += int64(len(it.Bytes))
	}
	r.add(c)
	if r.cfg.DryRun {
		return nil
	}
	for _, id := range ids {
		r.index.own[id] = struct{}{}
	}
	done, err := r.refillAll(ctx, source, since, missing)
	r.add(Counts{Appended: int64(done)})
	if err != nil {
		return fmt.Errorf("append what is missing: %w", err)
	}
	return nil
}

// refillAll appends items, and comes again when that fails: a run's items are
// appended once.
func (r *run) refillAll(ctx context.Context, source, since string, items []eventlog.Item) (appended int, err error) {
	err = tryLog(ctx, func(ctx context.Context) error {
		done, err := r.cfg.Log.Refill(ctx, r.id, source, since, items)
		appended += done.Events
		return err
	})
	return appended, err
}
