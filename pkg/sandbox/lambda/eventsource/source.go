package eventsource

import (
	"context"
	"hash/fnv"
	"sync"
	"time"
)

// source reads one shard for its lanes. A lane holds the records of a share of the partition keys; with a
// parallelization factor of 1 there is one lane. Records are read when a lane wants some, so a batch holds what was
// there when it was gathered.
type source struct {
	reader   reader
	settings Settings
	shardID  string
	begins   string
	changes  func() // told when the checkpoint may have moved

	mu        sync.Mutex // guards what follows
	from      Position   // where to read next
	lanes     [][]queued // read, not yet taken
	bytes     []int      // of data, by lane
	track     tracker
	window    *Window // the tumbling window that is open
	retention time.Duration
	reading   bool
	ended     bool
	changed   chan struct{} // closed and replaced when lanes or ended change
}

// queued is a record that waits, and at least what it takes in an event.
type queued struct {
	Record
	size int
}

func newSource(r reader, settings Settings, shard Shard, from Checkpoint, changes func()) *source {
	s := &source{
		reader: r, settings: settings, shardID: shard.ID, begins: shard.Begins, from: from.Position, retention: shard.Retention, changes: changes,
		lanes: make([][]queued, settings.Parallel), bytes: make([]int, settings.Parallel), track: tracker{mark: from.Position}, changed: make(chan struct{}),
	}
	// A window of another length belongs to settings that are no longer.
	if w := from.Window; w != nil && w.End.Sub(w.Start) == settings.Tumbling {
		s.window = w
	}
	return s
}

// fetched says what a call of fetch came to.
type fetched int

const (
	gotMore fetched = iota // something may have been added to some lane
	gotNone                // nothing is there at the moment
	gotEnd                 // the lane has all it will ever get
)

// fetch reads once for a lane that has seen so many records. With wait it waits until there are more; without, it returns
// what is there.
func (s *source) fetch(ctx context.Context, lane, seen int, wait bool) (fetched, error) {
	s.mu.Lock()
	switch {
	case len(s.lanes[lane]) > seen: // another lane has read them since
		s.mu.Unlock()
		return gotMore, nil
	case s.ended:
		s.mu.Unlock()
		return gotEnd, nil
	case s.reading || s.full(lane):
		changed := s.changed
		s.mu.Unlock()
		return follow(ctx, changed, wait || seen == 0)
	}
	s.reading = true
	from := s.from
	s.mu.Unlock()

	batch, err := s.read(ctx, from, wait)

	s.mu.Lock()
	defer s.mu.Unlock()
	s.reading = false
	s.wake()
	if s.ended { // meanwhile
		return gotEnd, nil
	}
	if err != nil {
		return gotNone, err
	}
	s.distribute(batch)
	if len(batch.Records) == 0 && !s.ended {
		return gotNone, nil
	}
	return gotMore, nil
}

// follow waits for what another lane does.
func follow(ctx context.Context, changed <-chan struct{}, wait bool) (fetched, error) {
	if !wait {
		return gotNone, nil
	}
	select {
	case <-changed:
		return gotMore, nil
	case <-ctx.Done():
		return gotNone, ctx.Err()
	}
}

// minOpen is how many unfinished records, and finished ones after them, a shard may always have: a few megabytes.
const minOpen = 10000

// maxWaiting bounds the data that waits in all lanes of a shard together: four events.
const maxWaiting = 4 * maxEventBytes

// full tells that a lane has as much as it needs, or that too much waits in the others or the checkpoint is far behind,
// as when one partition key fails again and again; nothing more is read until something is taken or finished. s.mu is
// held.
func (s *source) full(lane int) bool {
	if len(s.lanes[lane]) >= s.settings.BatchSize || s.bytes[lane] >= maxEventBytes {
		return true
	}
	waiting := 0
	for _, n := range s.bytes {
		waiting += n
	}
	// Twice what the lanes can gather: the limit never keeps all of them from having a batch.
	return waiting >= maxWaiting || len(s.track.open) >= max(minOpen, 2*len(s.lanes)*s.settings.BatchSize)
}

// read reads at a position; with wait, until there is something.
func (s *source) read(ctx context.Context, from Position, wait bool) (Batch, error) {
	for {
		batch, err := s.reader.read(ctx, from, s.settings.BatchSize)
		if err != nil || len(batch.Records) > 0 || batch.End || !wait {
			return batch, err
		}
		from = batch.Next
		s.mu.Lock()
		s.from = from
		s.mu.Unlock()
		if err := s.reader.wait(ctx, from); err != nil {
			return Batch{}, err
		}
	}
}

// distribute hands records to their lanes, and passes over those that the filter drops; s.mu is held.
func (s *source) distribute(batch Batch) {
	for _, r := range batch.Records {
		s.track.add(r.SequenceNumber)
		if !s.settings.Filter.passes(s.settings.eventRecord(s.shardID, r)) {
			s.track.done(r.SequenceNumber)
			continue
		}
		lane := s.laneOf(r.PartitionKey)
		s.lanes[lane] = append(s.lanes[lane], queued{Record: r, size: s.settings.encodedSize(s.shardID, r)})
		s.bytes[lane] += len(r.Data)
	}
	s.from = batch.Next
	s.track.end(batch.Next)
	s.ended = batch.End
	if len(batch.Records) > 0 {
		s.changes()
	}
}

func (s *source) laneOf(partitionKey string) int {
	if len(s.lanes) == 1 {
		return 0
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(partitionKey)) // never fails
	return int(h.Sum32() % uint32(len(s.lanes)))
}

// batch counts how many of a lane's records make a batch: at most BatchSize, as many as fit an event, and only those of
// one tumbling window. full says that no further record would be taken.
func (s *source) batch(lane int) (n int, full bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := eventOverhead
	if s.window != nil {
		size += len(s.window.State) + windowOverhead
	}
	for i, r := range s.lanes[lane] {
		if s.beyondWindow(r.Record) {
			return i, true
		}
		size += r.size
		if i > 0 && size > maxEventBytes {
			return i, true
		}
		if i+1 == s.settings.BatchSize {
			return i + 1, true
		}
	}
	return len(s.lanes[lane]), false
}

// beyondWindow tells whether a record arrived after the tumbling window; the first record opens one. s.mu is held.
func (s *source) beyondWindow(r Record) bool {
	if s.settings.Tumbling <= 0 {
		return false
	}
	if s.window == nil {
		s.window = windowOf(r.Arrival, s.settings.Tumbling)
	}
	return !r.Arrival.Before(s.window.End)
}

// take removes the first n records of a lane.
func (s *source) take(lane, n int) []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Record, n)
	for i, r := range s.lanes[lane][:n] {
		out[i] = r.Record
		s.bytes[lane] -= len(r.Data)
	}
	s.lanes[lane] = append([]queued(nil), s.lanes[lane][n:]...)
	s.wake()
	return out
}

// done says that records need not be delivered again.
func (s *source) done(records []Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finish(records)
}

// finish is done with s.mu held.
func (s *source) finish(records []Record) {
	for _, r := range records {
		s.track.done(r.SequenceNumber)
	}
	s.wake()
	s.changes()
}

// aggregated is done, with the state that the function returned for the tumbling window.
func (s *source) aggregated(records []Record, state []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.window != nil {
		next := *s.window
		next.State = state
		s.window = &next
	}
	s.finish(records)
}

// openWindow is the tumbling window that is open, or nil. It is never changed, only replaced.
func (s *source) openWindow() *Window {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.window
}

// closeWindow ends the tumbling window.
func (s *source) closeWindow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.window = nil
	s.changes()
}

// end says that the shard is gone: nothing more is read.
func (s *source) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.wake()
}

// keeps tells how long the stream keeps records, 0 if that is not known.
func (s *source) keeps() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.retention
}

func (s *source) setRetention(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retention = d
}

// wake tells the lanes that something has changed; s.mu is held.
func (s *source) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// caughtUp tells where the source reads next if all that it has read is finished.
func (s *source) caughtUp() (from Position, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, finished := s.track.checkpoint()
	return s.from, finished && !s.ended
}

// checkpoint is where a later reader has to begin.
func (s *source) checkpoint() Checkpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	mark, all := s.track.checkpoint()
	c := Checkpoint{Position: mark, Drained: all && s.ended && s.window == nil, Window: s.window}
	if c.Drained {
		c.Begins = s.begins
	}
	return c
}
