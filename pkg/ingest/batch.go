package ingest

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

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
	// maxKnownTopics bounds the topics that are remembered as valid during a batch.
	maxKnownTopics = 4096
)

// batch gathers the encoded events of one shard's records.
type batch struct {
	route Route
	shard shard

	buf    []byte // the encoded events
	items  []eventlog.Item
	oldest time.Time // arrival of the oldest record

	key          string // of the record being added
	deaggregator deaggregator
	topicText    []byte            // scratch
	topics       map[string]string // valid topics by their text, so that a known one costs no allocation
	problems     map[Problem]int   // records without a topic, by reason
	firstProblem string            // sequence number
	malformed    int               // records that look aggregated and are not
}

func newBatch(route Route, s shard) *batch {
	size := 0
	for _, rec := range s.records {
		size += len(rec.Kinesis.Data) + eventOverhead
	}
	return &batch{
		route: route, shard: s,
		buf:      make([]byte, 0, min(size, maxAppendBytes)),
		items:    make([]eventlog.Item, 0, len(s.records)),
		topics:   map[string]string{},
		problems: map[Problem]int{},
	}
}

// full tells that it is time to append. It is asked between records only: the log
// knows no smaller step than a sequence number.
func (b *batch) full() bool { return len(b.buf) >= maxAppendBytes }

func (b *batch) reset() { b.buf, b.items = b.buf[:0], b.items[:0] }

// add encodes the events of one record.
func (b *batch) add(rec *events.KinesisEventRecord) {
	k := &rec.Kinesis
	// aws-lambda-go reads the time as a float of seconds; Kinesis means milliseconds.
	b.key = k.PartitionKey
	arrival := k.ApproximateArrivalTimestamp.Round(time.Millisecond)
	if b.oldest.IsZero() || arrival.Before(b.oldest) {
		b.oldest = arrival
	}
	e := event.Event{Shard: b.shard.id, SequenceNumber: k.SequenceNumber, Arrival: arrival,
		PartitionKey: k.PartitionKey, Data: k.Data}
	users, ok := b.deaggregator.split(k.Data)
	if !ok {
		if looksAggregated(k.Data) {
			b.malformed++
		}
		b.encode(&e)
		return
	}
	for i, u := range users {
		e.SubSequence, e.PartitionKey, e.Data = i, u.partitionKey, u.data
		b.encode(&e)
	}
}

func (b *batch) encode(e *event.Event) {
	var problem Problem
	e.Topic, problem = b.topic(Record{Stream: b.shard.stream, PartitionKey: e.PartitionKey, Data: e.Data})
	if problem != (Problem{}) {
		e.Topic = topic.Unrouted
		if len(b.problems) == 0 {
			b.firstProblem = e.SequenceNumber
		}
		b.problems[problem]++
	}
	start := len(b.buf)
	b.buf = event.Append(b.buf, e)
	// Capped, so that nobody can append to an item and hit the next. If buf grows,
	// the items before keep pointing into the old array, which stays as it is.
	b.items = append(b.items, eventlog.Item{Topic: e.Topic, Key: b.key, Sequence: e.SequenceNumber, Bytes: b.buf[start:len(b.buf):len(b.buf)]})
}

// topic is Route.Topic without garbage: most records of a batch share few topics.
func (b *batch) topic(rec Record) (string, Problem) {
	var problem Problem
	if b.topicText, problem = b.route.appendText(b.topicText[:0], rec); problem != (Problem{}) {
		return "", problem
	}
	if name, ok := b.topics[string(b.topicText)]; ok {
		return name, Problem{}
	}
	name := string(b.topicText)
	if !valid(name) {
		return "", Problem{Rule: ruleTopic}
	}
	if len(b.topics) >= maxKnownTopics {
		clear(b.topics)
	}
	b.topics[name] = name
	return name, Problem{}
}

// unrouted is the number of events without a topic.
func (b *batch) unrouted() int {
	n := 0
	for _, count := range b.problems {
		n += count
	}
	return n
}

// logProblems logs once for all what was wrong with records. Nothing of a record
// but its sequence number is logged.
func (b *batch) logProblems(ctx context.Context, logger *slog.Logger) {
	if len(b.problems) > 0 {
		reasons := make(map[string]int, len(b.problems))
		for p, n := range b.problems {
			reasons[p.String()] = n
		}
		logger.WarnContext(ctx, "events without a valid topic", "route", b.route.String(), "events", b.unrouted(),
			"first_sequence_number", b.firstProblem, "reasons", reasons)
	}
	if b.malformed > 0 {
		logger.WarnContext(ctx, "aggregated records that are malformed, passed on whole", "records", b.malformed)
	}
}
