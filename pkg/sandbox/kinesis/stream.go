package kinesis

import (
	"slices"
	"sync/atomic"
	"time"
)

// The states of a stream.
const (
	StatusCreating = "CREATING"
	StatusActive   = "ACTIVE"
	StatusUpdating = "UPDATING"
	StatusDeleting = "DELETING"
)

// The capacity modes of a stream.
const (
	ModeProvisioned = "PROVISIONED"
	ModeOnDemand    = "ON_DEMAND"
)

// stream is a named stream; what can change of it is in state.
type stream struct {
	name, arn string
	created   time.Time
	// state is replaced under Service.control, never changed.
	state atomic.Pointer[streamState]
}

// streamState is an immutable view of a stream.
type streamState struct {
	// phase is the status until settles; then it is ACTIVE, or the stream is gone.
	phase     string
	settles   time.Time
	shards    []*shard // by index
	open      []*shard // by hash range
	retention time.Duration
	tags      map[string]string
	mode      string
	// key is what records are encrypted with; none if empty.
	key          string
	metrics      []string // the shard-level metrics that are switched on
	policy       string
	maxRecordKiB int
	warmMiBps    int
	consumers    []*consumer // by their creation
	// What is allowed only so often in a day.
	rescales, modeSwitches, encryptions []time.Time
}

func (t *streamState) status(now time.Time) string {
	if t.phase != StatusDeleting && !now.Before(t.settles) {
		return StatusActive
	}
	return t.phase
}

func (t *streamState) gone(now time.Time) bool {
	return t.phase == StatusDeleting && !now.Before(t.settles)
}

// live reports whether records can be put and read.
func (t *streamState) live(now time.Time) bool {
	status := t.status(now)
	return status == StatusActive || status == StatusUpdating
}

// visible gives the shards that requests can see.
func (t *streamState) visible(now time.Time) []*shard {
	return slices.DeleteFunc(slices.Clone(t.shards), func(sh *shard) bool { return !t.shows(sh, now) })
}

// shows reports whether requests can see a shard: not while the stream is
// created, and not when it was closed longer ago than the retention.
func (t *streamState) shows(sh *shard, now time.Time) bool {
	if t.status(now) == StatusCreating {
		return false
	}
	closed, ok := sh.closedAt()
	return !ok || now.Sub(closed) <= t.retention
}

// shardAt gives the shard with the index, if it exists and is visible.
func (t *streamState) shardAt(index int64, now time.Time) (*shard, bool) {
	if index >= int64(len(t.shards)) || !t.shows(t.shards[index], now) {
		return nil, false
	}
	return t.shards[index], true
}

// route gives the open shard that takes records with the hash key.
func (t *streamState) route(h number) *shard {
	i, _ := slices.BinarySearchFunc(t.open, h, func(sh *shard, h number) int { return sh.hash.last.compare(h) })
	return t.open[i]
}

// children gives the shards that sh was split or merged into.
func (t *streamState) children(sh *shard) []*shard {
	var out []*shard
	for _, c := range t.shards {
		if c.parent == sh || c.adjacent == sh {
			out = append(out, c)
		}
	}
	return out
}
