package ingest

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// maxSequenceDigits is the longest sequence number by the Kinesis API's model.
const maxSequenceDigits = 129

// shard is one shard's records of an invocation, in their order.
type shard struct {
	id      string
	stream  string // name
	records []KinesisRecord
}

// size returns the number of records and the bytes of their data.
func (s *shard) size() (records, bytes int) {
	for i := range s.records {
		bytes += len(s.records[i].Data)
	}
	return len(s.records), bytes
}

// oldest returns when the oldest record arrived.
func (s *shard) oldest() time.Time {
	oldest := s.records[0].Arrival
	for i := range s.records {
		if s.records[i].Arrival.Before(oldest) {
			oldest = s.records[i].Arrival
		}
	}
	return oldest.Round(time.Millisecond) // as in the events
}

// groupByShard checks what Lambda itself puts into records and groups them. One
// invocation carries records of one shard, but nothing in the event's format says
// so, and a wrong answer would lose records.
func groupByShard(records []events.KinesisEventRecord) ([]shard, error) {
	var shards []shard
	at := map[string]int{}
	for i := range records {
		rec := &records[i]
		id, _, ok := strings.Cut(rec.EventID, ":")
		if !ok || id == "" {
			return nil, fmt.Errorf("records[%d].eventID %q: want SHARD:SEQUENCE_NUMBER", i, clip(rec.EventID))
		}
		if !isSequenceNumber(rec.Kinesis.SequenceNumber) {
			return nil, fmt.Errorf("records[%d].kinesis.sequenceNumber %q: want a decimal number of 1 to %d digits",
				i, clip(rec.Kinesis.SequenceNumber), maxSequenceDigits)
		}
		n, known := at[id]
		if !known {
			n = len(shards)
			at[id] = n
			shards = append(shards, shard{id: id, stream: streamName(rec.EventSourceArn),
				records: make([]KinesisRecord, 0, len(records)-i)})
		}
		k := &rec.Kinesis
		shards[n].records = append(shards[n].records, KinesisRecord{SequenceNumber: k.SequenceNumber, PartitionKey: k.PartitionKey,
			Arrival: k.ApproximateArrivalTimestamp.Time, Data: k.Data})
	}
	return shards, nil
}

// isSequenceNumber tells whether s is what the Kinesis API's model allows:
// 0|([1-9]\d{0,128}).
func isSequenceNumber(s string) bool {
	if s == "" || len(s) > maxSequenceDigits || s[0] == '0' && s != "0" {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}

// streamName returns the stream's name in the ARN of a stream or of one of its
// consumers (arn:aws:kinesis:us-east-1:000000000000:stream/NAME/consumer/...).
func streamName(arn string) string {
	_, after, _ := strings.Cut(arn, ":stream/")
	name, _, _ := strings.Cut(after, "/")
	return name
}

// clip shortens what an error repeats of the input.
func clip(s string) string {
	const shown = 80
	return s[:min(len(s), shown)]
}
