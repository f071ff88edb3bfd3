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
	// Torn says that entries between Prev and this one had been acknowledged and were
	// then lost. A torn entry may have no events.
	Torn bool
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
	case e.Torn:
		return Reset
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

// Page answers a query: entries, oldest first, or why they could not be read.
type Page struct {
	Entries []Entry
	Err     error
}

// Read answers queries in one round trip, each for itself: a node of a cluster that
// is away does not keep back what others have. An entry that is not of this log's
// form has no Data; it is not an error. Another epoch than the log's present one has
// no entries, or not for long.
func (l *Log) Read(ctx context.Context, epoch string, queries []Query) []Page {
	if len(queries) == 0 {
		return nil
	}
	pipe := l.rdb.Pipeline()
	cmds := make([]*redis.XMessageSliceCmd, len(queries))
	for i, q := range queries {
		cmds[i] = pipe.XRangeN(ctx, l.entriesKey(epoch, q.Lane), "("+q.After.String(), "+", int64(q.Count))
	}
	_, _ = pipe.Exec(ctx) // every command's own error is looked at
	pages := make([]Page, len(queries))
	for i, q := range queries {
		entries, err := parseEntries(cmds[i])
		if err != nil {
			err = fmt.Errorf("read lane %d of log %s: %w", q.Lane, l.cfg.Name, err)
		}
		pages[i] = Page{entries, err}
	}
	return pages
}

func parseEntries(cmd *redis.XMessageSliceCmd) ([]Entry, error) {
	messages, err := cmd.Result()
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, len(messages))
	for i, m := range messages {
		if entries[i], err = parseEntry(m); err != nil {
			return nil, err
		}
	}
	return entries, nil
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
	Lanes []LaneState
}

// LaneState is what a lane looks like.
type LaneState struct {
	Head     ID    // the last entry; zero if there has been none
	Appended int64 // bytes of events appended in this epoch
	Held     int64 // bytes of events that are not trimmed, about
	Err      error // why this lane could not be read, if it could not
}

// State reads the log's epoch and the state of its lanes, which is of one moment per
// node.
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
	_, _ = pipe.Exec(ctx) // every command's own error is looked at
	lanes := make([]LaneState, epoch.Lanes)
	for i, cmd := range cmds {
		last, err := cmd.Result()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err == nil {
			lanes[i].Head, err = ParseID(last)
		}
		if err != nil {
			lanes[i].Err = fmt.Errorf("read state of lane %d of log %s: %w", i, l.cfg.Name, err)
		}
	}
	return State{epoch, lanes}, nil
}

// ReportLoss tells the log that a reader had read an entry which its lane does not
// have any more.
func (l *Log) ReportLoss(ctx context.Context, epoch string, lane int, lost ID) error {
	return ctx.Err()
}
