package rebuild

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/ingest"
)

const (
	// DefaultMaxEvents is how many ids of the log's events are remembered if nothing
	// else is said: about 800 MB.
	DefaultMaxEvents = 10_000_000
	// clockSkew is how far the clocks of this machine, of Redis and of Kinesis may be
	// apart.
	clockSkew = time.Minute
	// progressEvery is how often progress is told.
	progressEvery = 3 * time.Second
	// forgetTimeout bounds the tidying up after a Run that was cut short.
	forgetTimeout = 10 * time.Second
)

// Log is what is repaired; an *eventlog.Log is one.
type Log interface {
	// Epoch reads the log's epoch.
	Epoch(ctx context.Context) (eventlog.Epoch, error)
	// Read reads pages of lanes.
	Read(ctx context.Context, epoch string, queries []eventlog.Query) []eventlog.Page
	// Refill appends what the log misses, once however often it is repeated in a run
	// that leaves out nothing from the sequence number since on.
	Refill(ctx context.Context, run, shard, since string, items []eventlog.Item) (eventlog.Appended, error)
	// Forget drops what Refill has kept for a run.
	Forget(ctx context.Context, run string) error
}

// Config says what to repair, and from what. All but Pause, DryRun, MaxEvents and
// OnProgress is required.
type Config struct {
	Kinesis Kinesis // must not retry by itself; see Connect
	Log     Log
	Stream  string       // name of the Kinesis stream
	Route   ingest.Route // the consumer's
	From    time.Time    // records that Kinesis accepted then or later, to the millisecond
	// Pause stops the consumer meanwhile; nil does not. A dry run does not use it.
	Pause *Pause
	// DryRun counts what is missing and appends nothing.
	DryRun bool
	// MaxEvents bounds the log's events since From, which are remembered; 0 means
	// DefaultMaxEvents.
	MaxEvents int
	// OnProgress is told how far a Run is, every few seconds. It must not block.
	OnProgress func(Progress)
}

// Summary says what a Run did.
type Summary struct {
	From, To time.Time // of the records that were looked at
	Epoch    eventlog.Epoch
	Shards   int
	Held     int64 // events that the log held since From, before the Run
	Corrupt  int64 // entries of the log that could not be read to their end
	Counts
	Paused  []string // the event source mappings that were disabled
	Elapsed time.Duration
}

// Counts is what grows during a Run.
type Counts struct {
	Records      int64 // read from Kinesis
	Events       int64 // in them
	Missing      int64 // of the events, not in the log
	MissingBytes int64 // of them, encoded
	Appended     int64 // of the missing events
	Unrouted     int64 // of the events, without a valid topic
	Malformed    int64 // records that look aggregated and are not well-formed
	Throttled    int64 // refusals of Kinesis because of too many reads
}

// Progress says how far a Run is.
type Progress struct {
	Counts
	Shards, ShardsDone int
	Behind             time.Duration // from the last record of the slowest shard to now
}

// ErrLogReset is what Run returns when the log was made anew during it. What was
// found in the log before means nothing then: run it again.
var ErrLogReset = errors.New("the log was made anew meanwhile")

// run is one Run.
type run struct {
	cfg Config
	id  string // of the run, for Refill
	end time.Time

	append sync.Mutex // held to compare with the log and append; guards index
	index  *index

	mu     sync.Mutex // guards what follows
	counts Counts
	tree   *tree
	behind map[string]time.Duration // of shards that are being read
}

// Run repairs the log. The Summary says what was done also when there is an error.
func Run(ctx context.Context, cfg Config) (Summary, error) {
	if cfg.MaxEvents == 0 {
		cfg.MaxEvents = DefaultMaxEvents
	}
	// Kinesis tells milliseconds: a record of the one that From is in is not before it.
	cfg.From = cfg.From.Truncate(time.Millisecond)
	started := time.Now()
	r := &run{cfg: cfg, id: rand.Text(), behind: map[string]time.Duration{}}
	sum := Summary{From: cfg.From}
	var err error
	if cfg.Pause == nil || cfg.DryRun {
		err = r.repair(ctx, &sum)
	} else {
		err = r.paused(ctx, &sum)
	}
	sum.Counts, sum.To, sum.Elapsed = r.counts, r.end, time.Since(started)
	return sum, err
}

// paused repairs while the consumer rests.
func (r *run) paused(ctx context.Context, sum *Summary) error {
	arn, err := r.streamARN(ctx)
	if err != nil {
		return err
	}
	p := pausing{Pause: *r.cfg.Pause, stream: arn}
	err = p.during(ctx, func(ctx context.Context) error { return r.repair(ctx, sum) })
	sum.Paused = p.stopped
	return err
}

// repair compares and appends.
func (r *run) repair(ctx context.Context, sum *Summary) (err error) {
	// Records of now belong to who appends now.
	r.end = time.Now()
	epoch, err := r.epoch(ctx)
	if err != nil {
		return err
	}
	sum.Epoch = epoch
	r.index = newIndex(r.cfg.Log, epoch, r.cfg.From.Add(-clockSkew), r.cfg.MaxEvents)
	if err := r.index.update(ctx); err != nil {
		return err
	}
	sum.Held = int64(len(r.index.held))
	shards, err := r.listShards(ctx)
	if err != nil {
		return err
	}
	sum.Shards = len(shards)
	r.tree = newTree(shards)
	if !r.cfg.DryRun {
		defer func() { err = errors.Join(err, r.forget(ctx)) }()
	}
	err = r.readAll(ctx)
	sum.Corrupt = r.index.corrupt
	if err != nil {
		return err
	}
	return r.sameEpoch(ctx)
}

// forget drops the marks of the run, also after an interrupt.
func (r *run) forget(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetTimeout)
	defer cancel()
	if err := r.cfg.Log.Forget(ctx, r.id); err != nil {
		return fmt.Errorf("drop the marks of the run: %w", err)
	}
	return nil
}

// sameEpoch returns ErrLogReset if the log is not the one that was compared with.
func (r *run) sameEpoch(ctx context.Context) error {
	epoch, err := r.epoch(ctx)
	if err != nil {
		return err
	}
	if epoch.ID != r.index.epoch.ID {
		return ErrLogReset
	}
	return nil
}

func (r *run) epoch(ctx context.Context) (epoch eventlog.Epoch, err error) {
	err = tryLog(ctx, func(ctx context.Context) (err error) {
		epoch, err = r.cfg.Log.Epoch(ctx)
		return err
	})
	return epoch, err
}

// add counts.
func (r *run) add(c Counts) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.Records += c.Records
	r.counts.Events += c.Events
	r.counts.Missing += c.Missing
	r.counts.MissingBytes += c.MissingBytes
	r.counts.Appended += c.Appended
	r.counts.Unrouted += c.Unrouted
	r.counts.Malformed += c.Malformed
	r.counts.Throttled += c.Throttled
}
