package kinesis

import (
	"fmt"
	"sort"
	"sync"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/kinesis/internal/journal"
)

// recordOverhead is what a record costs in memory besides its data and key: its
// entry in the log, with the room that a growing slice keeps.
const recordOverhead = 144

// entry is a record in a shard's log. It never changes once it is in there.
type entry struct {
	seq     number
	arrived int64 // milliseconds since 1970
	key     string
	data    []byte
	// encrypted says that the stream was encrypted when the record came.
	encrypted bool
}

func (e *entry) size() int { return len(e.key) + len(e.data) }

// shard is a log of records for a range of hash keys.
type shard struct {
	index            int64
	id               string
	hash             hashRange
	parent, adjacent *shard // nil unless it came from a split or a merge
	created          int64  // the seconds in its sequence numbers
	opened           time.Time
	first            number // its starting sequence number
	memory           *memory

	mu          sync.Mutex // guards all below
	log         []entry    // by seq, and by arrived
	nextIndex   uint64
	lastSeq     number
	lastArrived int64
	ending      number // zero while open
	replaced    bool   // closed, and what it was split or merged into can be seen
	closed      time.Time
	gone        bool
	changed     chan struct{} // closed at the next change; nil if nobody waits
	journal     *journal.Log  // nil where nothing is kept
	limits      shardLimits
	throttled   time.Time // by a knob, until then
	duplicates  int       // reads that are still to be repeated
}

// newShard makes an open shard. created is the time that its sequence numbers show.
func newShard(index int64, hash hashRange, opened, created time.Time, mem *memory) *shard {
	sh := &shard{
		index:     index,
		id:        shardID(index),
		hash:      hash,
		created:   seconds(created),
		opened:    opened,
		memory:    mem,
		nextIndex: 1, // 0 is the starting number: every record comes after it
	}
	sh.first = sequence{created: sh.created, shard: index, arrived: sh.created}.number()
	sh.lastSeq = sh.first
	return sh
}

func shardID(index int64) string { return fmt.Sprintf("shardId-%012d", index) }

// closedAt gives when the shard was closed, if it is.
func (sh *shard) closedAt() (time.Time, bool) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.closed, sh.ending != number{}
}

// outcome says what became of a record that was to be appended.
type outcome int

const (
	appended outcome = iota + 1
	overRate
	overMemory
	shardClosed
	shardGone
	notSaved
)

// pending is a record on its way into a shard.
type pending struct {
	key       string
	data      []byte
	hash      number
	encrypted bool
	state     outcome // 0 until it was tried
	seq       number
	shard     *shard
}

// append adds the records to the log in their order. A record that a rate limit
// refuses does not stop the ones after it; one that memory has no room for does,
// because it is tried again and must not fall behind them.
func (sh *shard) append(batch []*pending, now time.Time, retention time.Duration, enforce bool) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.trim(now, retention)
	sh.lastArrived = max(sh.lastArrived, now.UnixMilli())
	full, fresh := false, 0
	for _, p := range batch {
		p.shard, p.state = sh, overMemory
		if !full {
			p.state = sh.admit(p, now, enforce)
		}
		full = p.state == overMemory
		if p.state == appended {
			p.seq = sh.nextSequence()
			fresh++
			sh.log = append(sh.log, entry{seq: p.seq, arrived: sh.lastArrived, key: p.key, data: p.data, encrypted: p.encrypted})
		}
	}
	sh.persist(batch, fresh)
	sh.wake()
}

func (sh *shard) admit(p *pending, now time.Time, enforce bool) outcome {
	size := len(p.key) + len(p.data)
	switch {
	case sh.gone:
		return shardGone
	case sh.ending != number{}:
		return shardClosed
	case now.Before(sh.throttled), enforce && !sh.limits.write.take(size, now):
		return overRate
	case !sh.memory.reserve(size + recordOverhead):
		return overMemory
	default:
		return appended
	}
}

func (sh *shard) nextSequence() number {
	q := sequence{created: sh.created, shard: sh.index, index: sh.nextIndex, arrived: sh.lastArrived / 1000}
	sh.nextIndex++
	sh.lastSeq = q.number()
	return sh.lastSeq
}

// trim drops the records that are older than the retention.
func (sh *shard) trim(now time.Time, retention time.Duration) {
	horizon := now.Add(-retention).UnixMilli()
	n := sort.Search(len(sh.log), func(i int) bool { return sh.log[i].arrived >= horizon })
	if n > 0 {
		sh.drop(n)
		sh.dropSaved()
	}
}

// drop forgets the first n records.
func (sh *shard) drop(n int) {
	var freed int
	for i := range sh.log[:n] {
		freed += sh.log[i].size() + recordOverhead
	}
	sh.memory.release(freed)
	clear(sh.log[:n])
	sh.log = sh.log[n:]
	if len(sh.log) == 0 {
		sh.log = nil
	}
}

// wake tells everybody who waits that the shard has changed. The caller holds mu.
func (sh *shard) wake() {
	if sh.changed != nil {
		close(sh.changed)
		sh.changed = nil
	}
}

// end closes the shard: nothing more can be put. Readers are told by replace.
func (sh *shard) end(now time.Time) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.lastArrived = max(sh.lastArrived, now.UnixMilli())
	sh.closed = now
	sh.ending = sequence{created: sh.created, shard: sh.index, index: maxIndex, arrived: sh.lastArrived / 1000}.number()
}

// replace tells the readers of a closed shard of its end. It comes after its
// children were published: who reads to the end goes on with them.
func (sh *shard) replace() {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.ending != (number{}) && !sh.replaced {
		sh.replaced = true
		sh.wake()
	}
}

// remove drops everything: the stream goes away.
func (sh *shard) remove() {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.gone = true
	sh.drop(len(sh.log))
	if sh.journal != nil {
		_ = sh.journal.Stop() // its directory goes away
	}
	sh.wake()
}

// expire trims the shard outside of a put or a read.
func (sh *shard) expire(now time.Time, retention time.Duration) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.trim(now, retention)
}

// tail gives the position after everything that the shard holds now.
func (sh *shard) tail() Position {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return fromSequence(sh.lastSeq.next())
}

// search gives the index in the log of the first record at or after the position. The caller holds mu.
func (sh *shard) search(from Position) int {
	return sort.Search(len(sh.log), func(i int) bool {
		switch from.kind {
		case fromTime:
			return sh.log[i].arrived >= from.at
		case fromSeq:
			return !sh.log[i].seq.less(from.seq)
		case fromLatest:
			return sh.lastSeq.less(sh.log[i].seq)
		default:
			return true
		}
	})
}

// slice is what one read of a shard gives.
type slice struct {
	entries []entry
	bytes   int
	next    Position
	last    number // the last of entries, or the shard's last if there are none
	behind  time.Duration
	// drained means that the shard is closed and nothing comes after entries.
	drained bool
	gone    bool
}

// readLimit bounds one read; at least one record is given if there is one.
type readLimit struct{ records, bytes int }

// read gives the records from a position on. The entries are shared with the log and must not be changed.
func (sh *shard) read(from Position, limit readLimit, now time.Time, retention time.Duration) slice {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.trim(now, retention)
	start := sh.search(from)
	end, size := start, 0
	for end < len(sh.log) && end-start < limit.records {
		if size += sh.log[end].size(); size > limit.bytes && end > start {
			size -= sh.log[end].size()
			break
		}
		end++
	}
	out := slice{bytes: size, next: sh.resolved(from), last: sh.lastSeq, gone: sh.gone}
	if end > start {
		out.entries = append(out.entries, sh.log[start:end]...)
		out.last = sh.log[end-1].seq
		out.next = fromSequence(out.last.next())
		if sh.duplicates > 0 { // a knob: the next read gives the same
			sh.duplicates--
			out.next = fromSequence(sh.log[start].seq)
			return out
		}
	}
	if end < len(sh.log) {
		out.behind = max(0, now.Sub(time.UnixMilli(sh.log[end].arrived)))
	}
	out.drained = sh.replaced && end == len(sh.log)
	return out
}

// resolved gives the position to go on from after a read that found nothing:
// LATEST means the end at the time of the first read, and must not move on.
func (sh *shard) resolved(from Position) Position {
	if from.kind == fromLatest {
		return fromSequence(sh.lastSeq.next())
	}
	return from
}

// ready reports whether a read from the position would find something, an end
// or no shard at all; if not, it gives a channel that is closed at the next change.
func (sh *shard) ready(from Position) (gone, ok bool, changed <-chan struct{}) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.gone || sh.replaced || sh.search(from) < len(sh.log) {
		return sh.gone, true, nil
	}
	if sh.changed == nil {
		sh.changed = make(chan struct{})
	}
	return false, false, sh.changed
}
