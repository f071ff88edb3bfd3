package rebuild

import (
	"context"
	"time"
)

// tell calls OnProgress until ctx ends.
func (r *run) tell(ctx context.Context) {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.cfg.OnProgress(r.progress())
		case <-ctx.Done():
			return
		}
	}
}

func (r *run) progress() Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := Progress{Counts: r.counts, Shards: r.tree.size(), ShardsDone: r.tree.done}
	for _, behind := range r.behind {
		p.Behind = max(p.Behind, behind)
	}
	return p
}

// at notes how far the reader of a shard is behind.
func (r *run) at(shard string, behind time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.behind[shard] = behind
}

// finished notes that a shard was read to its end, and returns the shards that may be
// read now.
func (r *run) finished(shard string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.behind, shard)
	return r.tree.finish(shard)
}
