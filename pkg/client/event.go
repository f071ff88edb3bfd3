package client

import (
	"time"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// Event is one record that a producer put into Kinesis.
type Event struct {
	// ID is unique in the stream: shard, sequence number and sub-sequence number.
	ID string
	// Topic is dot-separated tokens, such as weather.us.ny.
	Topic string
	// PartitionKey is the key that the producer gave the record. Events of one
	// topic and key arrive in the order in which Kinesis holds them.
	PartitionKey string
	// ArrivalTime is when Kinesis accepted the record, approximately, in UTC.
	ArrivalTime time.Time
	// Data is the record's bytes, unchanged.
	Data []byte
}

func newEvent(e *spillwayv1.Event) *Event {
	return &Event{
		ID: e.GetId(), Topic: e.GetTopic(), PartitionKey: e.GetPartitionKey(),
		ArrivalTime: knownTime(e.GetApproximateArrivalTime()), Data: e.GetData(),
	}
}
