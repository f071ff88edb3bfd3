package eventsource

import "context"

// Checkpoint is how far one shard has been processed. It has a JSON form, to be kept.
type Checkpoint struct {
	Position Position `json:"position"`
	// Drained says that the shard is closed and all of it has been processed.
	Drained bool `json:"drained,omitempty"`
	// Begins is the Begins of a shard that is drained.
	Begins string `json:"begins,omitempty"`
	// Window is the tumbling window that is open, or nil.
	Window *Window `json:"window,omitempty"`
}

// Checkpoints are where a poller was, by shard.
type Checkpoints map[string]Checkpoint

// Saver keeps checkpoints. A poller calls it after progress, never twice at once, and once more when it stops; progress
// that comes while a call runs is kept by one call together. What was not kept yet is delivered again after a crash.
type Saver interface {
	SaveCheckpoints(ctx context.Context, mappingID string, marks Checkpoints) error
}

// save keeps checkpoints until ctx ends, whenever there is progress.
func (p *Poller) save(ctx context.Context) {
	for {
		select {
		case <-p.progress:
			p.saveNow(ctx)
		case <-ctx.Done():
			return
		}
	}
}

func (p *Poller) saveNow(ctx context.Context) {
	if p.settings.Checkpoints == nil {
		return
	}
	if err := p.settings.Checkpoints.SaveCheckpoints(ctx, p.settings.MappingID, p.Checkpoints()); err != nil {
		p.settings.Logger.Error("checkpoints not kept", "mapping", p.settings.MappingID, "error", err)
	}
}

// progressed tells that checkpoints have changed.
func (p *Poller) progressed() {
	select {
	case p.progress <- struct{}{}:
	default: // a save is due already
	}
}

// Checkpoints tells how far every shard has been processed.
func (p *Poller) Checkpoints() Checkpoints {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make(Checkpoints, len(p.marks))
	for id, mark := range p.marks {
		out[id] = mark
		if src := p.sources[id]; src != nil {
			out[id] = src.checkpoint()
		}
	}
	return out
}
