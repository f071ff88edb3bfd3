package main

import (
	"encoding/binary"
	"strconv"
	"time"

	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
)

const (
	// stampBytes is what an event's data ends with: its series and number, and when it
	// was made. Data is the last field of an event, so this is the end of the encoding.
	stampBytes = 16
	// seriesShift is where the series begins; a number is smaller.
	seriesShift = 48
	// shard is where all events are from, keys is how many partition keys they have.
	shard = "shardId-000000000000"
	keys  = 64
)

// stamp is what a subscriber reads of an event. The events of a series are numbered from
// 0 and come in order: a series is a lane of the log.
type stamp struct {
	series int
	number uint64
	nanos  int64 // since 1970
}

// appendData appends an event's data of so many bytes.
func appendData(dst []byte, size int, s stamp) []byte {
	for range size - stampBytes {
		dst = append(dst, 'x')
	}
	dst = binary.BigEndian.AppendUint64(dst, uint64(s.series)<<seriesShift|s.number)
	return binary.BigEndian.AppendUint64(dst, uint64(s.nanos))
}

// readStamp reads what the encoding of an event ends with.
func readStamp(encoded []byte) (stamp, bool) {
	if len(encoded) < stampBytes {
		return stamp{}, false
	}
	b := encoded[len(encoded)-stampBytes:]
	at := binary.BigEndian.Uint64(b)
	return stamp{int(at >> seriesShift), at & (1<<seriesShift - 1), int64(binary.BigEndian.Uint64(b[8:]))}, true
}

// maker makes the events 0, 1, 2..., of the topics in turn.
type maker struct {
	size   int
	topics []string
	lanes  []int // by topic

	made    int
	numbers [eventlog.MaxLanes]uint64 // by series: how many were made
}

func newMaker(topics, size int) *maker {
	m := &maker{size: size}
	for i := range topics {
		m.topics = append(m.topics, topicOf(i))
		m.lanes = append(m.lanes, eventlog.LaneOf(topicOf(i), eventlog.DefaultLanes))
	}
	return m
}

func topicOf(i int) string { return "weather.us.t" + strconv.Itoa(i) }

// next makes the next event.
func (m *maker) next(at time.Time) *event.Event {
	n := m.made
	m.made++
	lane := m.lanes[n%len(m.topics)]
	s := stamp{lane, m.numbers[lane], at.UnixNano()}
	m.numbers[lane]++
	return &event.Event{
		Shard: shard, SequenceNumber: strconv.Itoa(n + 1), Topic: m.topics[n%len(m.topics)],
		PartitionKey: "station-" + strconv.Itoa(n%keys), Arrival: at,
		Data: appendData(make([]byte, 0, m.size), m.size, s),
	}
}

// items makes the next events for an append.
func (m *maker) items(count int) []eventlog.Item {
	items := make([]eventlog.Item, count)
	at := time.Now()
	for i := range items {
		e := m.next(at)
		items[i] = eventlog.Item{Topic: e.Topic, Key: e.PartitionKey, Sequence: e.SequenceNumber, Bytes: event.Append(nil, e)}
	}
	return items
}
