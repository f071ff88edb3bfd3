package eventsource

import (
	"context"
	"time"
)

// reader reads one shard.
type reader interface {
	// read returns at once what is there, possibly nothing.
	read(ctx context.Context, from Position, maxRecords int) (Batch, error)
	// wait returns when another read may give more than nothing.
	wait(ctx context.Context, from Position) error
	// close gives up what the reader holds.
	close()
}

// notified reads a shard as soon as there is something.
type notified struct {
	streams   Streams
	streamARN string
	shardID   string
}

func (r notified) read(ctx context.Context, from Position, maxRecords int) (Batch, error) {
	return r.streams.Read(ctx, r.streamARN, r.shardID, from, maxRecords, maxEventBytes)
}

func (r notified) wait(ctx context.Context, from Position) error {
	return r.streams.Wait(ctx, r.streamARN, r.shardID, from)
}

func (notified) close() {}

// polled reads a shard at intervals, and at once again only while reads are full. A source makes one call at a time.
type polled struct {
	notified
	clock    Clock
	interval time.Duration
	next     time.Time // before it, nothing is read
}

func (r *polled) read(ctx context.Context, from Position, maxRecords int) (Batch, error) {
	if r.clock.Now().Before(r.next) {
		return Batch{Next: from}, nil
	}
	batch, err := r.notified.read(ctx, from, maxRecords)
	if err == nil && len(batch.Records) < maxRecords {
		r.next = r.clock.Now().Add(r.interval)
	}
	return batch, err
}

func (r *polled) wait(ctx context.Context, _ Position) error {
	return sleep(ctx, r.clock, r.next.Sub(r.clock.Now()))
}
