package eventlog

import (
	"context"
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
// is away does not keep back what others have, but for the two seconds that it is given. An entry that is not of this log's
// form has no Data; it is not an error. Another epoch than the log's present one has
// no entries, or not for long.
func (l *Log) Read(ctx context.Context, epoch string, queries []Query) []Page {
	if len(queries) == 0 {
		return nil
	}
	keys := make([]string, len(queries))
	for i, q := range queries {
		keys[i] = l.entriesKey(epoch, q.Lane)
	}
	cmds := make([]*redis.XMessageSliceCmd, len(queries))
	l.pipelines(ctx, readTimeout, keys, func(pipe redis.Pipeliner, i int) {
		cmds[i] = pipe.XRangeN(ctx, keys[i], "("+queries[i].After.String(), "+", int64(queries[i].Count))
	})
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
	_, e.Torn = m.Values["r"]
	if data, ok := m.Values["e"].(string); ok {
		e.Data = []byte(data)
	}
	return e, nil
}
