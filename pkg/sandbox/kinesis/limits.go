package kinesis

import "time"

// The throughput limits of a shard, from the developer guide's "Quotas and limits".
const (
	writeRecordsPerSecond = 1000
	writeBytesPerSecond   = 1 << 20
	readsPerSecond        = 5
	readBytesPerSecond    = 2 << 20
	iteratorsPerSecond    = 5
)

// shardLimits holds what was used of a shard's limits. The shard's mutex guards it.
type shardLimits struct {
	write     writeLimit
	read      window
	iterators window
}

// writeLimit admits records at a steady rate; one second's worth may come at once.
type writeLimit struct {
	started        bool
	last           time.Time
	records, bytes float64 // what may come now
}

func (l *writeLimit) take(size int, now time.Time) bool {
	if !l.started {
		l.started, l.records, l.bytes = true, writeRecordsPerSecond, writeBytesPerSecond
	} else if passed := now.Sub(l.last).Seconds(); passed > 0 {
		l.records = min(writeRecordsPerSecond, l.records+passed*writeRecordsPerSecond)
		l.bytes = min(writeBytesPerSecond, l.bytes+passed*writeBytesPerSecond)
	}
	l.last = now
	// A record larger than a second's worth goes through when all of it is there, and is paid off after.
	if l.records < 1 || l.bytes < float64(min(size, writeBytesPerSecond)) {
		return false
	}
	l.records--
	l.bytes -= float64(size)
	return true
}

// window counts the calls and bytes of a second. Bytes above a second's worth
// lengthen it: 10 MiB at 2 MiB a second close it for 5 s, as documented.
type window struct {
	calls, bytes int
	start, end   time.Time
}

func (w *window) take(calls int, now time.Time) bool {
	if !now.Before(w.end) || now.Before(w.start) {
		*w = window{start: now, end: now.Add(time.Second)}
	}
	if w.calls >= calls || w.bytes >= readBytesPerSecond {
		return false
	}
	w.calls++
	return true
}

func (w *window) charge(bytes int) {
	w.bytes += bytes
	if busy := time.Duration(float64(w.bytes) / readBytesPerSecond * float64(time.Second)); busy > time.Second {
		w.end = w.start.Add(busy)
	}
}

func (sh *shard) admitRead(now time.Time, enforce bool) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if now.Before(sh.throttled) {
		return false
	}
	return !enforce || sh.limits.read.take(readsPerSecond, now)
}

func (sh *shard) chargeRead(bytes int) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.limits.read.charge(bytes)
}

func (sh *shard) admitIterator(now time.Time) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.limits.iterators.take(iteratorsPerSecond, now)
}
