package eventsource_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

const streamARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s"

// fakeStreams is a stream in memory. Sequence numbers are "1", "2", ... in the order of all puts.
type fakeStreams struct {
	mu      sync.Mutex // guards what follows
	shards  []*fakeShard
	next    int
	changed chan struct{}
	broken  error // what every call answers, if not nil
}

type fakeShard struct {
	eventsource.Shard
	records []eventsource.Record
	closed  bool
}

// replace makes the stream anew, with these open shards.
func (f *fakeStreams) replace(shards ...string) {
	f.change(func() {
		f.shards = nil
		for _, id := range shards {
			f.shards = append(f.shards, &fakeShard{Shard: eventsource.Shard{ID: id, Begins: strconv.Itoa(f.next)}})
		}
	})
}

func newStreams(shards ...string) *fakeStreams {
	f := &fakeStreams{changed: make(chan struct{})}
	for _, id := range shards {
		f.shards = append(f.shards, &fakeShard{Shard: eventsource.Shard{ID: id}})
	}
	return f
}

// change runs do under the lock and wakes those who wait.
func (f *fakeStreams) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *fakeStreams) find(id string) *fakeShard {
	for _, s := range f.shards {
		if s.ID == id {
			return s
		}
	}
	return nil
}

var errNoShard = errors.New("no such shard")

// put adds records with the present time. Each has a key of its own.
func (f *fakeStreams) put(shard string, data ...string) {
	for _, d := range data {
		f.putKey(shard, "key-"+d[:min(len(d), 16)], []string{d})
	}
}

// putKey adds records with one key.
func (f *fakeStreams) putKey(shard, key string, data []string) {
	f.change(func() {
		s := f.find(shard)
		for _, d := range data {
			f.next++
			s.records = append(s.records, eventsource.Record{
				SequenceNumber: strconv.Itoa(f.next), PartitionKey: key, Data: []byte(d), Arrival: time.Now(),
			})
		}
	})
}

// reshard closes the parents and adds children of all of them.
func (f *fakeStreams) reshard(parents []string, children ...string) {
	f.change(func() {
		for _, id := range parents {
			f.find(id).closed = true
		}
		for _, id := range children {
			f.shards = append(f.shards, &fakeShard{Shard: eventsource.Shard{ID: id, Parents: parents}})
		}
	})
}

// parents are those of a shard.
func (f *fakeStreams) parents(shard string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.find(shard).Parents
}

func (f *fakeStreams) Shards(context.Context, string) ([]eventsource.Shard, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []eventsource.Shard
	for _, s := range f.shards {
		out = append(out, s.Shard)
	}
	return out, f.broken
}

// index is where a position is in a shard's records.
func (s *fakeShard) index(p eventsource.Position) int {
	at := func(keep func(eventsource.Record) bool) int {
		if i := slices.IndexFunc(s.records, keep); i >= 0 {
			return i
		}
		return len(s.records)
	}
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			panic(err)
		}
		return n
	}
	switch p.Kind {
	case eventsource.TrimHorizon:
		return 0
	case eventsource.Latest:
		return len(s.records)
	case eventsource.AtTimestamp:
		return at(func(r eventsource.Record) bool { return !r.Arrival.Before(p.Timestamp) })
	case eventsource.AfterSequence:
		return at(func(r eventsource.Record) bool { return number(r.SequenceNumber) > number(p.SequenceNumber) })
	default:
		panic("position " + p.Kind)
	}
}

func (f *fakeStreams) Read(_ context.Context, _, shard string, from eventsource.Position, maxRecords, maxBytes int) (eventsource.Batch, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken != nil {
		return eventsource.Batch{}, f.broken
	}
	s := f.find(shard)
	if s == nil {
		return eventsource.Batch{}, errNoShard
	}
	i := s.index(from)
	end, size := i, 0
	for end < len(s.records) && end-i < maxRecords {
		size += len(s.records[end].Data)
		if end > i && size > maxBytes {
			break
		}
		end++
	}
	next := eventsource.Position{Kind: eventsource.AfterSequence, SequenceNumber: strconv.Itoa(f.next)}
	if end > 0 && end < len(s.records) {
		next.SequenceNumber = s.records[end-1].SequenceNumber
	}
	return eventsource.Batch{
		Records: slices.Clone(s.records[i:end]), Next: next, End: s.closed && end == len(s.records),
	}, nil
}

func (f *fakeStreams) Wait(ctx context.Context, _, shard string, from eventsource.Position) error {
	for {
		f.mu.Lock()
		s, changed, broken := f.find(shard), f.changed, f.broken
		ready := s != nil && (s.closed || s.index(from) < len(s.records))
		f.mu.Unlock()
		switch {
		case broken != nil:
			return broken
		case s == nil:
			return errNoShard
		case ready:
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// call is one invocation that a fakeFunction got.
type call struct {
	shard string
	data  []string
	seqs  []string
	at    time.Time
	size  int // of the event
	// source is the eventSourceARN of the records
	source string
	window
}

// window are the members of an event with tumbling windows.
type window struct {
	Window         struct{ Start, End string } `json:"window"`
	State          json.RawMessage             `json:"state"`
	ShardID        string                      `json:"shardId"`
	EventSourceARN string                      `json:"eventSourceARN"`
	Final          bool                        `json:"isFinalInvokeForWindow"`
	Early          bool                        `json:"isWindowTerminatedEarly"`
}

func (c call) String() string { return fmt.Sprint(c.data) }

// fakeFunction answers as it is told and remembers its calls.
type fakeFunction struct {
	answer func(call) (eventsource.Answer, error)

	mu    sync.Mutex // guards calls
	calls []call
}

var errThrottled = errors.New("throttled")

func ok() (eventsource.Answer, error) { return eventsource.Answer{Payload: []byte("null")}, nil }

func fails() (eventsource.Answer, error) {
	return eventsource.Answer{
		Payload: []byte(`{"errorMessage":"no"}`), FunctionError: "Unhandled", RequestID: "request", ExecutedVersion: "$LATEST",
	}, nil
}

func partly(seqs ...string) (eventsource.Answer, error) {
	var doc struct {
		Failures []map[string]string `json:"batchItemFailures"`
	}
	for _, seq := range seqs {
		doc.Failures = append(doc.Failures, map[string]string{"itemIdentifier": seq})
	}
	payload, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return eventsource.Answer{Payload: payload, RequestID: "request", ExecutedVersion: "$LATEST"}, nil
}

func (f *fakeFunction) Invoke(_ context.Context, _ string, payload []byte) (eventsource.Answer, error) {
	var event struct {
		Records []struct {
			EventID string `json:"eventID"`
			Source  string `json:"eventSourceARN"`
			Kinesis struct {
				SequenceNumber string `json:"sequenceNumber"`
				Data           []byte `json:"data"`
			} `json:"kinesis"`
		}
		window
	}
	if err := json.Unmarshal(payload, &event); err != nil {
		panic(err)
	}
	c := call{at: time.Now(), size: len(payload), window: event.window}
	for _, r := range event.Records {
		c.source = r.Source
		c.shard = r.EventID[:len(r.EventID)-len(r.Kinesis.SequenceNumber)-1]
		c.data = append(c.data, string(r.Kinesis.Data))
		c.seqs = append(c.seqs, r.Kinesis.SequenceNumber)
	}
	f.mu.Lock()
	f.calls = append(f.calls, c)
	f.mu.Unlock()
	if f.answer == nil {
		return ok()
	}
	return f.answer(c)
}

func (f *fakeFunction) got() []call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// batches are the data of all calls, in their order.
func (f *fakeFunction) batches() []string {
	var out []string
	for _, c := range f.got() {
		out = append(out, c.String())
	}
	return out
}

// fakeDestination remembers messages; the first refuse of them are not taken.
type fakeDestination struct {
	told func(eventsource.Message) // of each message that is taken, or nil

	mu       sync.Mutex // guards what follows
	messages []eventsource.Message
	refuse   int
	offered  int
}

func (f *fakeDestination) Send(_ context.Context, _ string, m eventsource.Message) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.offered++
	if f.offered <= f.refuse {
		return errors.New("not now")
	}
	f.messages = append(f.messages, m)
	if f.told != nil {
		f.told(m)
	}
	return nil
}

func (f *fakeDestination) got() []eventsource.Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.messages)
}

func settings(change ...func(*eventsource.Settings)) eventsource.Settings {
	s := eventsource.Settings{
		MappingID: "mapping", SourceARN: streamARN, FunctionARN: "arn:aws:lambda:us-east-1:000000000000:function:f",
		RoleARN: "arn:aws:iam::000000000000:role/r", Region: "us-east-1",
		Start: eventsource.Position{Kind: eventsource.TrimHorizon}, BatchSize: 100, Parallel: 1,
		MaxRetries: eventsource.Unlimited, MaxAge: eventsource.Unlimited, Logger: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&s)
	}
	return s
}

// wantBatches compares the calls with what they should hold.
func wantBatches(t *testing.T, f *fakeFunction, want ...string) {
	t.Helper()
	if got := f.batches(); !slices.Equal(got, want) {
		t.Errorf("invocations\n%v\nwant\n%v", got, want)
	}
}
