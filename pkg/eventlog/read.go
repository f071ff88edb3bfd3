package eventlog

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// Entry is one entry of a lane.
type Entry struct {
	ID   ID
	Prev ID     // the entry before it when it was appended
	Data []byte // encoded events, concatenated
}

// Continuity says how an entry relates to the position it was read from.
type Continuity int

const (
	// Continuous means that nothing is missing.
	Continuous Continuity = iota
	// Trimmed means that entries between the position and the entry are gone.
	Trimmed
	// Reset means that the lane does not know the position: it lost data, or was made anew.
	Reset
)

// Follows tells whether e continues what ends at pos.
func (e Entry) Follows(pos ID) Continuity {
	switch c := e.Prev.Compare(pos); {
	case pos == Oldest || c == 0:
		return Continuous
	case c > 0:
		return Trimmed
	case pos.Exact():
		return Reset
	default: // pos is a time, and there was nothing after it
		return Continuous
	}
}

// Query asks for entries of a lane.
type Query struct {
	Lane  int
	After ID
	Count int // at most so many entries
}

// Read answers queries in one round trip: the entries of each in an epoch, oldest
// first. An entry that is not of this log's form has no Data; it is not an error.
// Another epoch than the log's present one has no entries, or not for long.
func (l *Log) Read(ctx context.Context, epoch string, queries []Query) ([][]Entry, error) {
	if len(queries) == 0 {
		return nil, nil
	}
	pipe := l.rdb.Pipeline()
	cmds := make([]*redis.XMessageSliceCmd, len(queries))
	for i, q := range queries {
		cmds[i] = pipe.XRangeN(ctx, l.entriesKey(epoch, q.Lane), "("+q.After.String(), "+", int64(q.Count))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("read log %s: %w", l.cfg.Name, err)
	}
	pages := make([][]Entry, len(queries))
	for i, q := range queries {
		for _, m := range cmds[i].Val() {
			e, err := parseEntry(m)
			if err != nil {
				return nil, fmt.Errorf("read lane %d of log %s: %w", q.Lane, l.cfg.Name, err)
			}
			pages[i] = append(pages[i], e)
		}
	}
	return pages, nil
}

func parseEntry(m redis.XMessage) (Entry, error) {
	id, err := ParseID(m.ID)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{ID: id, Prev: id}
	prev, _ := m.Values["p"].(string)
	if p, err := ParseID(prev); err == nil {
		e.Prev = p
	}
	if data, ok := m.Values["e"].(string); ok {
		e.Data = []byte(data)
	}
	return e, nil
}

// State is what a log looks like at a moment.
type State struct {
	Epoch Epoch
	Heads []ID // the last entry of every lane; zero for a lane that has had none
}

// State reads the log's epoch and the heads of its lanes. The heads are of one
// moment per node.
func (l *Log) State(ctx context.Context) (State, error) {
	epoch, err := l.Epoch(ctx)
	if err != nil {
		return State{}, err
	}
	pipe := l.rdb.Pipeline()
	cmds := make([]*redis.StringCmd, epoch.Lanes)
	for i := range cmds {
		cmds[i] = pipe.HGet(ctx, l.stateKey(epoch.ID, i), "last")
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return State{}, fmt.Errorf("read state of log %s: %w", l.cfg.Name, err)
	}
	heads := make([]ID, epoch.Lanes)
	for i, cmd := range cmds {
		last, err := cmd.Result()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return State{}, fmt.Errorf("read state of lane %d: %w", i, err)
		}
		if heads[i], err = ParseID(last); err != nil {
			return State{}, fmt.Errorf("read state of lane %d: %w", i, err)
		}
	}
	return State{epoch, heads}, nil
}
