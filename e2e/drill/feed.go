package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/spillway/spillway/pkg/eventlog"
)

// appendPatience is for how long an append is tried. In a storm of clients, in this very
// process, it may have to wait for longer than the log's client does.
const appendPatience = 5 * time.Minute

// feed appends numbered events at a steady rate.
type feed struct {
	log    *eventlog.Log
	rate   int           // events a second
	every  time.Duration // between two appends
	topics int
	size   int // bytes of data in an event

	appended atomic.Int64 // events
	bytes    atomic.Int64 // of them, encoded
}

// run appends until ctx ends. What an append takes, the next one makes up for.
func (f *feed) run(ctx context.Context) error {
	tick := time.NewTicker(f.every)
	defer tick.Stop()
	begin := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		due := int(time.Since(begin).Seconds()*float64(f.rate)) - int(f.appended.Load())
		if err := f.append(context.WithoutCancel(ctx), due); err != nil {
			return err
		}
	}
}

// append appends the next events at once.
func (f *feed) append(ctx context.Context, count int) error {
	if count <= 0 {
		return nil
	}
	first, size := int(f.appended.Load()), 0
	items := make([]eventlog.Item, count)
	for i := range items {
		items[i] = newItem(first+i, f.topics, f.size, time.Now())
		size += len(items[i].Bytes)
	}
	done, err := f.log.Append(ctx, shard, items)
	for begin := time.Now(); err != nil && time.Since(begin) < appendPatience; { // as Lambda does: no event comes twice of it
		done, err = f.log.Append(ctx, shard, items)
	}
	if err != nil {
		return err
	}
	if done.Events+done.Skipped != count { // an append that was repeated may have got through before
		return fmt.Errorf("append of %d events: %d appended, %d skipped", count, done.Events, done.Skipped)
	}
	f.appended.Add(int64(count))
	f.bytes.Add(int64(size))
	return nil
}
