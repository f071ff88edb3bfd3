package eventsource

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"
)

// listInterval is how often the shards are listed when none is drained: often enough that those of a stream made anew,
// or whose parent has expired, do not wait long, and rarely enough to cost nothing.
const listInterval = 10 * time.Second

// errNoShards is what a stream gives that is still being created.
var errNoShards = errors.New("the stream has no shards yet")

// Poller reads one stream for one function.
type Poller struct {
	streams  Streams
	invoker  Invoker
	sink     Destinations
	settings Settings
	// streamARN is the source, or the stream that it is a consumer of.
	streamARN string
	knobs     knobs

	cancel   context.CancelFunc
	ready    chan struct{}
	drained  chan string
	progress chan struct{} // has something when checkpoints are to be kept
	work     sync.WaitGroup
	stopped  sync.Once // the last checkpoints are kept

	mu      sync.Mutex // guards marks, sources
	marks   Checkpoints
	sources map[string]*source // shards that are being read
}

// Start starts a poller. It goes on from the checkpoints of an earlier one; without any, shards begin at
// settings.Start.
func Start(streams Streams, invoker Invoker, sink Destinations, settings Settings, from Checkpoints) *Poller {
	ctx, cancel := context.WithCancel(context.Background())
	p := &Poller{
		streams: streams, invoker: invoker, sink: sink, settings: settings.withDefaults(),
		cancel: cancel, ready: make(chan struct{}), drained: make(chan string), progress: make(chan struct{}, 1),
		marks: maps.Clone(from), sources: make(map[string]*source),
	}
	p.streamARN, _ = StreamOf(settings.SourceARN)
	if p.marks == nil {
		p.marks = make(Checkpoints)
	}
	p.work.Go(func() { p.run(ctx) })
	p.work.Go(func() { p.save(ctx) })
	return p
}

// Ready is closed once the poller knows where to begin in every shard: what is put into the stream from then on is
// read, also when it starts at [Latest].
func (p *Poller) Ready() <-chan struct{} { return p.ready }

// Stop lets running invocations end, and tells where a later poller has to go on.
func (p *Poller) Stop() Checkpoints {
	p.cancel()
	p.work.Wait()
	p.stopped.Do(func() { p.saveNow(context.Background()) })
	return p.Checkpoints()
}

// run starts a reader for every shard whose turn it is: at once, after each shard that is drained, and now and then.
func (p *Poller) run(ctx context.Context) {
	fresh := len(p.marks) == 0
	shards, ok := p.list(ctx, fresh)
	if !ok {
		return
	}
	close(p.ready)
	p.progressed()
	for {
		p.update(shards)
		p.startReady(ctx, shards)
		if !p.awaitChange(ctx) {
			return
		}
		if shards, ok = p.list(ctx, false); !ok {
			return
		}
	}
}

// awaitChange waits until a shard is drained or the shards are to be listed again, or until ctx ends (false).
func (p *Poller) awaitChange(ctx context.Context) bool {
	due, stop := p.settings.Clock.NewTimer(listInterval)
	defer stop()
	select {
	case <-ctx.Done():
		return false
	case <-p.drained:
	case <-due:
	}
	return true
}

// list lists the shards and gives each new one its first position, until it succeeds or ctx ends (false).
func (p *Poller) list(ctx context.Context, fresh bool) ([]Shard, bool) {
	pauses := newBackoff(&p.settings, "shards")
	for {
		shards, err := p.streams.Shards(ctx, p.streamARN)
		if err == nil && len(shards) == 0 {
			err = errNoShards
		}
		if err == nil {
			err = p.place(ctx, shards, fresh)
		}
		if err == nil {
			return shards, true
		}
		if ctx.Err() == nil {
			p.settings.ProcessedHook(ResultStreamProblem)
			p.settings.Logger.Warn("stream could not be listed", "stream", p.streamARN, "error", err)
		}
		if pauses.wait(ctx) != nil {
			return nil, false
		}
	}
}

// place gives shards that are new a position and forgets those that are gone. The shards of a fresh mapping begin where
// it says; those that appear later are read from their begin, for their parents were read to the end. A drained shard
// that begins elsewhere now is one of a stream that was made anew under its name.
func (p *Poller) place(ctx context.Context, shards []Shard, fresh bool) error {
	p.mu.Lock()
	known := maps.Clone(p.marks)
	p.mu.Unlock()
	added := make(Checkpoints)
	listed := make(map[string]bool, len(shards))
	for _, shard := range shards {
		listed[shard.ID] = true
		if mark, old := known[shard.ID]; old && (!mark.Drained || mark.Begins == shard.Begins) {
			continue
		}
		at := Position{Kind: TrimHorizon}
		if fresh {
			var err error
			if at, err = p.begin(ctx, shard.ID); err != nil {
				return err
			}
		}
		added[shard.ID] = Checkpoint{Position: at}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.Copy(p.marks, added) // none of them is being read
	maps.DeleteFunc(p.marks, func(id string, _ Checkpoint) bool { return !listed[id] && p.sources[id] == nil })
	return nil
}

// begin is where a fresh mapping begins in a shard. The latest position is fixed now, so that nothing that is put from
// now on is missed.
func (p *Poller) begin(ctx context.Context, shardID string) (Position, error) {
	if p.settings.Start.Kind != Latest {
		return p.settings.Start, nil
	}
	batch, err := p.streams.Read(ctx, p.streamARN, shardID, p.settings.Start, 1, 1)
	if err != nil {
		return Position{}, err
	}
	if batch.End {
		return Position{Kind: Latest}, nil // nothing will come any more
	}
	return batch.Next, nil
}

// update tells readers of what has changed of their shards. Those of shards that the stream has no longer end: they deliver
// what they have read.
func (p *Poller) update(shards []Shard) {
	listed := make(map[string]Shard, len(shards))
	for _, shard := range shards {
		listed[shard.ID] = shard
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, src := range p.sources {
		if shard, there := listed[id]; there {
			src.setRetention(shard.Retention)
		} else {
			src.end()
		}
	}
}

// startReady starts readers for the shards that are not read yet and whose parents are all drained or gone.
func (p *Poller) startReady(ctx context.Context, shards []Shard) {
	p.mu.Lock()
	defer p.mu.Unlock()
	waiting := make(map[string]bool, len(shards))
	for _, shard := range shards {
		waiting[shard.ID] = !p.marks[shard.ID].Drained
	}
	for id := range p.sources {
		waiting[id] = true // also when it is no longer listed
	}
	for _, shard := range shards {
		if !waiting[shard.ID] || p.sources[shard.ID] != nil || anyOf(shard.Parents, waiting) {
			continue
		}
		src := newSource(p.reader(shard.ID), p.settings, shard, p.marks[shard.ID], p.progressed)
		p.sources[shard.ID] = src
		p.work.Go(func() { p.read(ctx, src) })
	}
}

func (p *Poller) reader(shardID string) reader {
	if p.settings.FanOut != nil {
		return &pushed{fanOut: p.settings.FanOut, consumerARN: p.settings.SourceARN, shardID: shardID}
	}
	n := notified{streams: p.streams, streamARN: p.streamARN, shardID: shardID}
	if p.settings.PollInterval > 0 {
		return &polled{notified: n, clock: p.settings.Clock, interval: p.settings.PollInterval}
	}
	return n
}

func anyOf(ids []string, set map[string]bool) bool {
	for _, id := range ids {
		if set[id] {
			return true
		}
	}
	return false
}

// read delivers one shard to its end.
func (p *Poller) read(ctx context.Context, src *source) {
	var lanes sync.WaitGroup
	for i := range src.lanes {
		lanes.Go(func() {
			l := lane{source: src, index: i, invoker: p.invoker, sink: p.sink, knobs: &p.knobs}
			_ = l.run(ctx) // ctx ended, or the shard did: the checkpoint tells which
		})
	}
	lanes.Wait()
	src.reader.close()
	if end := src.checkpoint(); end.Drained {
		p.mu.Lock()
		p.marks[src.shardID] = end
		delete(p.sources, src.shardID)
		p.mu.Unlock()
		p.progressed()
		select {
		case p.drained <- src.shardID:
		case <-ctx.Done():
		}
	}
}
