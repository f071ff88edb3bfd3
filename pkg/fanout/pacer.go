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

const (
	// maxReplayBytes is what a subscriber reads of the log at a time if it takes it: a
	// round trip then costs little beside what it brings, and Redis, which does one thing at
	// a time, has the tail wait for less than a millisecond. An answer starts small, for who
	// has missed a little, and doubles with every one that was taken.
	maxReplayBytes = 1 << 20
	firstReplay    = 256 << 10
	// totalReplayBytes is shared by all who read the log, as each of them holds what it has
	// read, however slow it is. minReplayBytes is what each has if there are very many: a
	// response.
	totalReplayBytes = 32 << 20
	minReplayBytes   = 64 << 10
)

// replayPacer is for one subscriber of many: it holds at most 16 MiB, if entries have
// suddenly become as large as they can be.
func replayPacer() pacer { return pacer{bytes: firstReplay, most: 256, limit: 64} }

// replayRoom is what each of so many subscribers that read the log may hold.
func replayRoom(replaying int64) int {
	return min(maxReplayBytes, max(minReplayBytes, int(totalReplayBytes/max(replaying, 1))))
}

// grow has more read at a time than last time, up to room bytes.
func (p *pacer) grow(room int) { p.bytes = min(room, 2*p.bytes) }

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
