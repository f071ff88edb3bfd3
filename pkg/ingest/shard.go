package ingest

import (
	"strings"
	"time"
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

// isSequenceNumber tells whether s is what the Kinesis API's model allows:
// 0|([1-9]\d{0,128}).
func isSequenceNumber(s []byte) bool {
	if len(s) == 0 || len(s) > maxSequenceDigits || s[0] == '0' && len(s) > 1 {
		return false
	}
	return scanDigits(s, 0) == len(s)
}

// streamName returns the stream's name in the ARN of a stream or of one of its
// consumers (arn:aws:kinesis:us-east-1:000000000000:stream/NAME/consumer/...).
func streamName(arn string) string {
	_, after, _ := strings.Cut(arn, ":stream/")
	name, _, _ := strings.Cut(after, "/")
	return name
}

// clip shortens what an error repeats of the input.
func clip(s []byte) []byte {
	const shown = 80
	return s[:min(len(s), shown)]
}
