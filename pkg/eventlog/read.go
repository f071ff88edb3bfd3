package eventlog

import (
	"context"
	"fmt"
	"unsafe"

	"github.com/redis/go-redis/v9"
)

// Entry is one entry of a lane.
type Entry struct {
	ID   ID
	Prev ID     // the entry before it when it was appended
	Data []byte // encoded events, concatenated; they must not be changed
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
	cmds := make([]*redis.Cmd, len(queries))
	l.pipelines(ctx, readTimeout, keys, func(pipe redis.Pipeliner, i int) {
		// Not XRangeN, which makes a map of every entry.
		cmds[i] = pipe.Do(ctx, "xrange", keys[i], "("+queries[i].After.String(), "+", "count", queries[i].Count)
	})
	pages := make([]Page, len(queries))
	for i, q := range queries {
		entries, err := parseEntries(cmds[i].Result())
		if err != nil {
			err = fmt.Errorf("read lane %d of log %s: %w", q.Lane, l.cfg.Name, err)
		}
		pages[i] = Page{entries, err}
	}
	return pages
}

// parseEntries reads what XRANGE answers.
func parseEntries(answer any, err error) ([]Entry, error) {
	if err != nil {
		return nil, err
	}
	list, ok := answer.([]any)
	if !ok {
		return nil, fmt.Errorf("answer %T: want entries", answer)
	}
	entries := make([]Entry, len(list))
	for i, item := range list {
		pair, _ := item.([]any)
		if len(pair) != 2 {
			return nil, fmt.Errorf("answer with an entry of %d parts: want an id and fields", len(pair))
		}
		id, _ := pair[0].(string)
		fields, _ := pair[1].([]any)
		if entries[i], err = parseEntry(id, fields); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// parseEntry reads an entry of which the fields are names and values in turn.
func parseEntry(text string, fields []any) (Entry, error) {
	id, err := ParseID(text)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{ID: id, Prev: id}
	for ; len(fields) >= 2; fields = fields[2:] {
		value, _ := fields[1].(string)
		switch fields[0] {
		case "p":
			if prev, err := ParseID(value); err == nil {
				e.Prev = prev
			}
		case "r":
			e.Torn = true
		case "e":
			e.Data = bytesOf(value)
		}
	}
	return e, nil
}

// bytesOf returns the bytes of s without copying them: nobody writes to what Data is, as
// nobody writes to a string.
func bytesOf(s string) []byte {
	return unsafe.Slice(unsafe.StringData(s), len(s)) //nolint:gosec // a copy of all that is read is what it saves
}
