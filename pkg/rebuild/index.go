package rebuild

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
)

const (
	// lanesAtOnce and entriesAtOnce bound what one read of the log brings: an entry is
	// at most 64 KiB, or one event, so it is about 4 MiB.
	lanesAtOnce   = 8
	entriesAtOnce = 8
)

// TooManyError says that the log has more events since Config.From than are to be
// remembered.
type TooManyError struct{ Limit int }

func (e *TooManyError) Error() string {
	return fmt.Sprintf("the log holds more than %d events since then, each of which takes about 80 bytes of memory", e.Limit)
}

// index knows which events the log has. One goroutine uses it at a time.
type index struct {
	log   Log
	epoch eventlog.Epoch
	limit int // of held

	at      []eventlog.ID // by lane: what comes after it has not been looked at
	held    map[identity]struct{}
	own     map[identity]struct{} // appended since the last update: they need no place in held
	shards  map[string]uint32     // numbers of shards' names
	corrupt int64
}

// newIndex returns an index of what was appended at from or later. Update reads it.
func newIndex(log Log, epoch eventlog.Epoch, from time.Time, limit int) *index {
	x := &index{
		log: log, epoch: epoch, limit: limit, at: make([]eventlog.ID, epoch.Lanes),
		held: map[identity]struct{}{}, own: map[identity]struct{}{}, shards: map[string]uint32{},
	}
	for lane := range x.at {
		x.at[lane] = eventlog.At(from)
	}
	return x
}

// update reads what was appended since the last update.
func (x *index) update(ctx context.Context) error {
	lanes := make([]int, len(x.at))
	for lane := range lanes {
		lanes[lane] = lane
	}
	for some := range slices.Chunk(lanes, lanesAtOnce) {
		for len(some) > 0 {
			err := tryLog(ctx, func(ctx context.Context) (err error) {
				some, err = x.read(ctx, some)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	clear(x.own)
	return nil
}

// read reads a page of each of the lanes and returns those that may have more; all of
// them, if something fails: what was read of a page is read on from where it ended.
func (x *index) read(ctx context.Context, lanes []int) (more []int, err error) {
	queries := make([]eventlog.Query, len(lanes))
	for i, lane := range lanes {
		queries[i] = eventlog.Query{Lane: lane, After: x.at[lane], Count: entriesAtOnce}
	}
	for i, page := range x.log.Read(ctx, x.epoch.ID, queries) {
		if page.Err != nil {
			return lanes, page.Err
		}
		for _, entry := range page.Entries {
			if err := x.take(entry.Data); err != nil {
				return lanes, err
			}
			x.at[lanes[i]] = entry.ID
		}
		if page.More {
			more = append(more, lanes[i])
		}
	}
	return more, nil
}

// take notes the events of an entry. What follows something that cannot be read is
// not there for a subscriber, so it is not here.
func (x *index) take(data []byte) error {
	for len(data) > 0 {
		raw, rest, err := event.Next(data)
		if err != nil {
			x.corrupt++
			return nil //nolint:nilerr // it is counted
		}
		data = rest
		id, ok := x.identify(raw.Bytes)
		if !ok {
			continue // it is no record's
		}
		if _, mine := x.own[id]; mine {
			continue
		}
		x.held[id] = struct{}{}
		if len(x.held) > x.limit {
			return &TooManyError{x.limit}
		}
	}
	return nil
}

// has tells whether the log has an event.
func (x *index) has(id identity) bool {
	if _, ok := x.held[id]; ok {
		return true
	}
	_, ok := x.own[id]
	return ok
}

// identify reads the id of an encoded event.
func (x *index) identify(encoded []byte) (identity, bool) {
	shard, id, ok := splitID(eventID(encoded))
	if !ok {
		return id, false
	}
	number, known := x.shards[string(shard)]
	if !known {
		if len(x.shards) >= maxShards {
			return id, false
		}
		number = uint32(len(x.shards))
		x.shards[string(shard)] = number
	}
	id.shard = number
	return id, true
}

// missing returns which of items the log does not have, and their ids.
func (x *index) missing(items []eventlog.Item) ([]eventlog.Item, []identity, error) {
	var left []eventlog.Item
	var ids []identity
	for _, it := range items {
		id, ok := x.identify(it.Bytes)
		if !ok {
			return nil, nil, fmt.Errorf("the record with sequence number %.80q: no sequence number of at most %d digits", it.Sequence, maxSequenceDigits)
		}
		if !x.has(id) {
			left, ids = append(left, it), append(ids, id)
		}
	}
	return left, ids, nil
}
