package eventsource

import (
	"context"
	"maps"
	"time"
)

// How often AwaitIdle looks again: at first often, for tests, then less so.
const (
	idlePollFirst = 5 * time.Millisecond
	idlePollMost  = 200 * time.Millisecond
)

// AwaitIdle waits until every record that is in the stream has been processed or given up: nothing is left to be read,
// delivered or retried. A tumbling window that is open does not count. It returns ctx's error if that ends first.
func (p *Poller) AwaitIdle(ctx context.Context) error {
	for pause := idlePollFirst; ; pause = min(2*pause, idlePollMost) {
		if idle, err := p.Idle(ctx); err != nil || idle {
			return err
		}
		if err := sleep(ctx, RealTime{}, pause); err != nil {
			return err
		}
	}
}

// Idle tells whether nothing is left at the moment; see [Poller.AwaitIdle].
func (p *Poller) Idle(ctx context.Context) (bool, error) {
	shards, err := p.streams.Shards(ctx, p.streamARN)
	if err != nil {
		return false, err
	}
	p.mu.Lock()
	marks, sources := maps.Clone(p.marks), maps.Clone(p.sources)
	p.mu.Unlock()
	for _, shard := range shards {
		if marks[shard.ID].Drained {
			continue
		}
		src := sources[shard.ID]
		if src == nil {
			return false, nil
		}
		from, ok := src.caughtUp()
		if !ok {
			return false, nil
		}
		batch, err := p.streams.Read(ctx, p.streamARN, shard.ID, from, 1, 1)
		if err != nil || len(batch.Records) > 0 || batch.End {
			return false, err
		}
	}
	return true, nil
}
