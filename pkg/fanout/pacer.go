package fanout

import "github.com/spillway/spillway/pkg/eventlog"

// pacer adapts the number of entries that are asked for to their size, which is not
// known before. What a read holds is bounded by the number: most times the size of
// an entry, which is at most eventlog.MaxEntryBytes unless a single event is larger.
type pacer struct {
	entries int // to ask for, over all lanes
	most    int
	bytes   int // to aim for
}

// tailPacer aims for a few milliseconds of a fast connection, and at most 64 MiB.
func tailPacer() pacer { return pacer{entries: 256, most: 1024, bytes: 4 << 20} }

// replayPacer is for one subscriber of many: at most 16 MiB.
func replayPacer() pacer { return pacer{entries: 64, most: 256, bytes: 1 << 20} }

// count is how many entries to ask each of so many lanes for.
func (p *pacer) count(lanes int) int { return max(1, p.entries/max(lanes, 1)) }

// done learns from a read. One that failed may have been too large for the time that
// it has.
func (p *pacer) done(pages []eventlog.Page) {
	n, failed := 0, false
	for _, page := range pages {
		failed = failed || page.Err != nil
		for _, e := range page.Entries {
			n += len(e.Data)
		}
	}
	switch {
	case failed, n > p.bytes:
		p.entries = max(1, p.entries/2)
	case n > 0 && n < p.bytes/2:
		p.entries = min(p.most, 2*p.entries)
	}
}
