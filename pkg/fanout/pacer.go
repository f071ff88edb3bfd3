package fanout

import "github.com/spillway/spillway/pkg/eventlog"

// pacer adapts the number of entries that are asked for to their size, which is not
// known before. What is read is bounded by the number: most times the size of an
// entry, which is at most eventlog.MaxEntryBytes unless a single event is larger.
type pacer struct {
	bytes int // to aim for, over all lanes
	most  int // entries, over all lanes
	limit int // entries at present: doubles with what goes well, halves with what fails
	size  int // bytes of an entry, as those last read
}

// tailPacer aims for a few milliseconds of a fast connection, and at most 64 MiB.
func tailPacer() pacer { return pacer{bytes: 4 << 20, most: 1024, limit: 256} }

// replayPacer is for one subscriber of many, each of which holds what it has read: a
// few responses, and at most 16 MiB.
func replayPacer() pacer { return pacer{bytes: 256 << 10, most: 256, limit: 64} }

// count is how many entries to ask each of so many lanes for.
func (p *pacer) count(lanes int) int {
	entries := min(p.limit, p.bytes/max(p.size, 1))
	return max(1, entries/max(lanes, 1))
}

// slow has less read at a time.
func (p *pacer) slow() { p.limit = max(1, p.limit/2) }

// done learns from a read. One that failed may have been too large for the time that
// it has.
func (p *pacer) done(pages []eventlog.Page) {
	bytes, entries := 0, 0
	for _, page := range pages {
		if page.Err != nil {
			p.slow()
			return
		}
		for _, e := range page.Entries {
			bytes += len(e.Data)
		}
		entries += len(page.Entries)
	}
	p.limit = min(p.most, 2*p.limit)
	if entries > 0 {
		p.size = bytes / entries
	}
}
