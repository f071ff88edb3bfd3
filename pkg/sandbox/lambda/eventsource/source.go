package eventsource

import (
	"context"
	"hash/fnv"
	"sync"
)

// source reads one shard for its lanes. A lane holds the records of a share of the partition keys; with a
// parallelization factor of 1 there is one lane. Records are read when a lane wants some, so a batch holds what was
// there when it was gathered.
type source struct {
	streams  Streams
	settings Settings
	shardID  string
	begins   string

	mu      sync.Mutex // guards what follows
	from    Position   // where to read next
	lanes   [][]Record // read, not yet taken
	bytes   []int      // of data, by lane
	track   tracker
	reading bool
	ended   bool
	changed chan struct{} // closed and replaced when lanes or ended change
}

func newSource(streams Streams, settings Settings, shard Shard, from Position) *source {
	return &source{
		streams: streams, settings: settings, shardID: shard.ID, begins: shard.Begins, from: from,
		lanes: make([][]Record, settings.Parallel), bytes: make([]int, settings.Parallel), track: tracker{mark: from}, changed: make(chan struct{}),
	}
}

// fetched says what a call of fetch came to.
type fetched int

const (
	gotMore fetched = iota // something may have been added to some lane
	gotNone                // nothing is there at the moment
	gotEnd                 // the lane has all it will ever get
)

// fetch reads once for a lane. With wait it waits until there is something; without, it returns what is there.
func (s *source) fetch(ctx context.Context, lane int, wait bool) (fetched, error) {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return gotEnd, nil
	}
	if s.reading || s.full() {
		changed, has := s.changed, len(s.lanes[lane])
		s.mu.Unlock()
		return s.follow(ctx, changed, has, wait)
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
func (s *source) follow(ctx context.Context, changed <-chan struct{}, has int, wait bool) (fetched, error) {
	if !wait && has > 0 {
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

// full tells that a lane has as much as it may hold, or that the checkpoint is far behind, as when one partition key
// fails again and again; nothing more is read until something is taken or finished. s.mu is held.
func (s *source) full() bool {
	// Twice what the lanes can gather: the limit never keeps all of them from having a batch.
	if len(s.track.open) >= max(minOpen, 2*len(s.lanes)*s.settings.BatchSize) {
		return true
	}
	for i, records := range s.lanes {
		if len(records) >= s.settings.BatchSize || s.bytes[i] >= maxEventBytes {
			return true
		}
	}
	return false
}

func (s *source) read(ctx context.Context, from Position, wait bool) (Batch, error) {
	for {
		batch, err := s.streams.Read(ctx, s.settings.StreamARN, s.shardID, from, s.settings.BatchSize, maxEventBytes)
		if err != nil || len(batch.Records) > 0 || batch.End || !wait {
			return batch, err
		}
		from = batch.Next
		s.mu.Lock()
		s.from = from
		s.mu.Unlock()
		if err := s.streams.Wait(ctx, s.settings.StreamARN, s.shardID, from); err != nil {
			return Batch{}, err
		}
	}
}

// distribute hands records to their lanes; s.mu is held.
func (s *source) distribute(batch Batch) {
	for _, r := range batch.Records {
		lane := s.laneOf(r.PartitionKey)
		s.lanes[lane] = append(s.lanes[lane], r)
		s.bytes[lane] += len(r.Data)
		s.track.add(r.SequenceNumber)
	}
	s.from = batch.Next
	s.track.end(batch.Next)
	s.ended = batch.End
}

func (s *source) laneOf(partitionKey string) int {
	if len(s.lanes) == 1 {
		return 0
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(partitionKey)) // never fails
	return int(h.Sum32() % uint32(len(s.lanes)))
}

// batch counts how many of a lane's records make a batch: at most BatchSize, and as many as fit an event. full says
// that no further record would fit.
func (s *source) batch(lane int) (n int, full bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := eventOverhead
	for i, r := range s.lanes[lane] {
		size += s.settings.encodedSize(s.shardID, r)
		if i > 0 && size > maxEventBytes {
			return i, true
		}
		if i+1 == s.settings.BatchSize {
			return i + 1, true
		}
	}
	return len(s.lanes[lane]), false
}

// take removes the first n records of a lane.
func (s *source) take(lane, n int) []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.lanes[lane][:n:n]
	for _, r := range out {
		s.bytes[lane] -= len(r.Data)
	}
	s.lanes[lane] = append([]Record(nil), s.lanes[lane][n:]...)
	s.wake()
	return out
}

// done says that records need not be delivered again.
func (s *source) done(records []Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range records {
		s.track.done(r.SequenceNumber)
	}
	s.wake()
}

// end says that the shard is gone: nothing more is read.
func (s *source) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.wake()
}

// wake tells the lanes that something has changed; s.mu is held.
func (s *source) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// checkpoint is where a later reader has to begin.
func (s *source) checkpoint() Checkpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	mark, all := s.track.checkpoint()
	c := Checkpoint{Position: mark, Drained: all && s.ended}
	if c.Drained {
		c.begins = s.begins
	}
	return c
}
