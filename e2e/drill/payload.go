package main

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
)

const (
	// keys is how many partition keys there are. A key has one topic, in which its
	// events are in order.
	keys = 64
	// shard is where all events are from.
	shard = "shardId-000000000000"
	// numberAt and timeAt are where an event's number and time stand in its data.
	numberAt    = len(`{"n":"`)
	timeAt      = numberAt + numberWide + len(`","at":"`)
	numberWide  = 12
	timeWide    = 20
	dataMinimum = timeAt + timeWide
)

var errPayload = errors.New("is no data of a drill")

// keyOf and topicOf say where an event belongs that has this number.
func keyOf(n int) string           { return "station-" + strconv.Itoa(n%keys) }
func topicOf(n, topics int) string { return "weather.us.s" + strconv.Itoa(n%keys%topics) }

// newItem encodes the event with a number, of so many bytes of data.
func newItem(n, topics, size int, at time.Time) eventlog.Item {
	head := fmt.Sprintf(`{"n":"%0*d","at":"%0*d","pad":"`, numberWide, n, timeWide, at.UnixNano())
	data := head + strings.Repeat("x", max(0, size-len(head)-len(`"}`))) + `"}`
	e := &event.Event{
		Shard: shard, SequenceNumber: strconv.Itoa(n + 1), Topic: topicOf(n, topics), PartitionKey: keyOf(n), Arrival: at, Data: []byte(data),
	}
	return eventlog.Item{Topic: e.Topic, Key: e.PartitionKey, Sequence: e.SequenceNumber, Bytes: event.Append(nil, e)}
}

// parseData reads an event's number and time out of its data.
func parseData(data []byte) (n int, at time.Time, err error) {
	if len(data) < dataMinimum || !bytes.HasPrefix(data, []byte(`{"n":"`)) {
		return 0, time.Time{}, errPayload
	}
	n, err = strconv.Atoi(string(data[numberAt : numberAt+numberWide]))
	if err != nil {
		return 0, time.Time{}, errPayload
	}
	nanos, err := strconv.ParseInt(string(data[timeAt:timeAt+timeWide]), 10, 64)
	if err != nil {
		return 0, time.Time{}, errPayload
	}
	return n, time.Unix(0, nanos), nil
}
