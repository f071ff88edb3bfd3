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
	Count int // at least so many, if there are, and at most twice as many
}

// Page answers a query: entries, oldest first, or why they could not be read.
type Page struct {
	Entries []Entry
	More    bool // there may be more after them
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
	l.pipelines(ctx, l.cfg.patient(readTimeout), keys, func(pipe redis.Pipeliner, i int) {
		// Not XRangeN, which makes a map of every entry.
		cmds[i] = pipe.Do(ctx, "xrange", keys[i], "("+queries[i].After.String(), "+", "count", inStream*queries[i].Count)
	})
	pages := make([]Page, len(queries))
	for i, q := range queries {
		entries, read, err := l.parse(ctx, keys[i], cmds[i])
		if err != nil {
			err = fmt.Errorf("read lane %d of log %s: %w", q.Lane, l.cfg.Name, err)
		}
		pages[i] = Page{entries, read >= inStream*q.Count, err}
		if pages[i].More && len(entries) == 0 { // nothing but events that were never committed
			q.Count *= 2
			pages[i] = l.Read(ctx, epoch, []Query{q})[0]
		}
	}
	return pages
}

// inStream is how many entries of the stream an entry takes at most.
const inStream = 2

// parse reads what XRANGE answers about a key, and how many entries of the stream that was.
func (l *Log) parse(ctx context.Context, key string, answer *redis.Cmd) (entries []Entry, read int, _ error) {
	list, err := streamEntries(answer)
	if err != nil {
		return nil, 0, err
	}
	entries = make([]Entry, 0, len(list))
	for i, e := range list {
		switch {
		case e.uncommitted():
			continue
		case e.commits && i > 0:
			e.take(list[i-1])
		case e.commits: // what was asked for begins between the two
			before, err := l.entryBefore(ctx, key, e.ID)
			if err != nil {
				return nil, 0, err
			}
			e.take(before)
		}
		entries = append(entries, e.Entry)
	}
	return entries, len(list), nil
}

// entryBefore reads the entry of a stream before the one of an id.
func (l *Log) entryBefore(ctx context.Context, key string, id ID) (streamEntry, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	list, err := streamEntries(l.rdb.Do(ctx, "xrevrange", key, "("+id.String(), "-", "count", 1))
	if err != nil || len(list) == 0 {
		return streamEntry{}, err
	}
	return list[0], nil
}

// streamEntries reads what XRANGE and XREVRANGE answer.
func streamEntries(answer *redis.Cmd) ([]streamEntry, error) {
	items, err := answer.Slice()
	if err != nil {
		return nil, err
	}
	entries := make([]streamEntry, len(items))
	for i, item := range items {
		if entries[i], err = parseStreamEntry(item); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// streamEntry is an entry of the stream.
type streamEntry struct {
	Entry

	linked  bool // to its predecessor
	commits bool // the events of the stream's entry before it
}

// uncommitted tells whether e only has events: those of the next entry, or of none.
func (e streamEntry) uncommitted() bool { return e.Data != nil && !e.linked }

// take gives e, which commits, the events of the one before it in the stream.
func (e *streamEntry) take(before streamEntry) {
	if before.uncommitted() {
		e.Data = before.Data
	} else {
		e.Prev = e.ID // its events are trimmed
	}
}

// parseStreamEntry reads an id, and fields that are names and values in turn.
func parseStreamEntry(item any) (e streamEntry, err error) {
	pair, _ := item.([]any)
	if len(pair) != 2 {
		return e, fmt.Errorf("answer with an entry of %d parts: want an id and fields", len(pair))
	}
	text, _ := pair[0].(string)
	if e.ID, err = ParseID(text); err != nil {
		return e, err
	}
	e.Prev = e.ID
	fields, _ := pair[1].([]any)
	for ; len(fields) >= 2; fields = fields[2:] {
		value, _ := fields[1].(string)
		switch fields[0] {
		case "p":
			if prev, err := ParseID(value); err == nil {
				e.Prev, e.linked = prev, true
			}
		case "r":
			e.Torn = true
		case "c":
			if prev, err := ParseID(value); err == nil {
				e.Prev, e.linked, e.commits = prev, true, true
			}
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
