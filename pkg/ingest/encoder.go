package ingest

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/topic"
)

const (
	// maxAppendBytes is how much is encoded before it is appended. An invocation's
	// payload is at most 6 MB, so only aggregated records that expand a lot make
	// more than one append of it.
	maxAppendBytes = 16 << 20
	// eventOverhead is what an event's encoding commonly takes besides its data; it
	// only makes a good first guess of a buffer.
	eventOverhead = 160
	// maxKnownTopics bounds the topics that are remembered as valid.
	maxKnownTopics = 4096
)

// KinesisRecord is a record as a shard holds it.
type KinesisRecord struct {
	SequenceNumber string // decimal
	PartitionKey   string
	Arrival        time.Time // when Kinesis accepted it
	Data           []byte
}

// Encoder turns the records of one shard into what is appended to the log. It is
// what a Handler does between Lambda and the log, for whoever reads a shard in
// another way and must come to the same events:
//
//	enc := ingest.NewEncoder(route, "weather", "shardId-000000000000")
//	for _, rec := range records {
//		enc.Add(rec)
//		if enc.Full() {
//			... append enc.Items(), then enc.Reset()
//		}
//	}
//
// It must not be used concurrently.
type Encoder struct {
	route  Route
	stream string
	shard  string

	buf   []byte // the encoded events
	items []eventlog.Item

	key          string // of the record being added
	deaggregator deaggregator
	topicText    []byte            // scratch
	topics       map[string]string // valid topics by their text, so that a known one costs no allocation
	problems     map[Problem]int   // records without a topic, by reason
	firstProblem string            // sequence number
	malformed    int               // records that look aggregated and are not
}

// NewEncoder returns an Encoder for a shard of a stream; shard is the id with its
// prefix.
func NewEncoder(route Route, stream, shard string) *Encoder {
	return &Encoder{route: route, stream: stream, shard: shard, topics: map[string]string{}, problems: map[Problem]int{}}
}

// buffers are the memory of an Encoder, for another one of the same route to use again.
type buffers struct {
	buf    []byte
	items  []eventlog.Item
	topics map[string]string
}

// reserve takes over memory, with room for the records of a shard.
func (e *Encoder) reserve(mem *buffers, s *shard) {
	records, bytes := s.size()
	e.buf = slices.Grow(mem.buf[:0], min(bytes+records*eventOverhead, maxAppendBytes))
	e.items = slices.Grow(mem.items[:0], records)
	if mem.topics != nil {
		e.topics = mem.topics
	}
}

// giveBack is for when nothing of the items is needed any more.
func (e *Encoder) giveBack(mem *buffers) {
	clear(e.items[:cap(e.items)])
	*mem = buffers{e.buf, e.items, e.topics}
	if cap(mem.buf) > maxKept {
		*mem = buffers{}
	}
}

// Source is the name that the log knows the shard by: shard ids are unique in a
// stream only.
func (e *Encoder) Source() string { return e.stream + "/" + e.shard }

// Items returns the events that were added since the last Reset, in their order.
func (e *Encoder) Items() []eventlog.Item { return e.items }

// Size returns how many bytes the items are.
func (e *Encoder) Size() int { return len(e.buf) }

// Full tells that it is time to append. Ask between records only: the log knows no
// smaller step than a sequence number.
func (e *Encoder) Full() bool { return len(e.buf) >= maxAppendBytes }

// Reset forgets the items, whose memory is used again.
func (e *Encoder) Reset() { e.buf, e.items = e.buf[:0], e.items[:0] }

// Unrouted returns how many of all events that were added have no valid topic.
func (e *Encoder) Unrouted() int {
	n := 0
	for _, count := range e.problems {
		n += count
	}
	return n
}

// Malformed returns how many of all records that were added look aggregated and are
// not well-formed; they are passed on whole.
func (e *Encoder) Malformed() int { return e.malformed }

// Add encodes the events of one record.
func (e *Encoder) Add(rec KinesisRecord) {
	e.key = rec.PartitionKey
	// Kinesis means milliseconds; a float of seconds, as which it comes, means less.
	ev := event.Event{Shard: e.shard, SequenceNumber: rec.SequenceNumber, Arrival: rec.Arrival.Round(time.Millisecond),
		PartitionKey: rec.PartitionKey, Data: rec.Data}
	users, ok := e.deaggregator.split(rec.Data)
	if !ok {
		if looksAggregated(rec.Data) {
			e.malformed++
		}
		e.encode(&ev)
		return
	}
	for i, u := range users {
		ev.SubSequence, ev.PartitionKey, ev.Data = i, u.partitionKey, u.data
		e.encode(&ev)
	}
}

func (e *Encoder) encode(ev *event.Event) {
	var problem Problem
	ev.Topic, problem = e.topic(Record{Stream: e.stream, PartitionKey: ev.PartitionKey, Data: ev.Data})
	if problem != (Problem{}) {
		ev.Topic = topic.Unrouted
		if len(e.problems) == 0 {
			e.firstProblem = ev.SequenceNumber
		}
		e.problems[problem]++
	}
	start := len(e.buf)
	e.buf = event.Append(e.buf, ev)
	// Capped, so that nobody can append to an item and hit the next. If buf grows,
	// the items before keep pointing into the old array, which stays as it is.
	e.items = append(e.items, eventlog.Item{Topic: ev.Topic, Key: e.key, Sequence: ev.SequenceNumber, Bytes: e.buf[start:len(e.buf):len(e.buf)]})
}

// topic is Route.Topic without garbage: most records of a batch share few topics.
func (e *Encoder) topic(rec Record) (string, Problem) {
	var problem Problem
	if e.topicText, problem = e.route.appendText(e.topicText[:0], rec); problem != (Problem{}) {
		return "", problem
	}
	if name, ok := e.topics[string(e.topicText)]; ok {
		return name, Problem{}
	}
	name := string(e.topicText)
	if !valid(name) {
		return "", Problem{Rule: ruleTopic}
	}
	if len(e.topics) >= maxKnownTopics {
		clear(e.topics)
	}
	e.topics[name] = name
	return name, Problem{}
}

// logProblems logs once for all what was wrong with records. Nothing of a record
// but its sequence number is logged.
func (e *Encoder) logProblems(ctx context.Context, logger *slog.Logger) {
	if len(e.problems) > 0 {
		reasons := make(map[string]int, len(e.problems))
		for p, n := range e.problems {
			reasons[p.String()] = n
		}
		logger.WarnContext(ctx, "events without a valid topic", "route", e.route.String(), "events", e.Unrouted(),
			"first_sequence_number", e.firstProblem, "reasons", reasons)
	}
	if e.malformed > 0 {
		logger.WarnContext(ctx, "aggregated records that are malformed, passed on whole", "records", e.malformed)
	}
}
