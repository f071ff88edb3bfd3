package kinesis

import (
	"fmt"
	"time"
)

type positionKind uint8

const (
	fromStart positionKind = iota
	fromLatest
	fromTime
	fromSeq
)

// Position is a place in a shard to read from. Positions are comparable values;
// the zero value is TrimHorizon. One made for a shard means nothing in another.
type Position struct {
	kind positionKind
	seq  number // the lowest sequence number wanted
	at   int64  // the earliest arrival wanted, in milliseconds since 1970
}

// TrimHorizon is the oldest record that the shard still holds.
func TrimHorizon() Position { return Position{} }

// Latest is the end of the shard at the time of the first read: the Next that
// this read gives holds that end fast.
func Latest() Position { return Position{kind: fromLatest} }

// AtTimestamp is the first record that arrived at t or later, to the millisecond.
func AtTimestamp(t time.Time) Position { return Position{kind: fromTime, at: t.UnixMilli()} }

// AfterSequenceNumber is the record after the one with the sequence number.
func AfterSequenceNumber(seq string) (Position, error) {
	_, n, err := parseSequence(seq)
	if err != nil {
		return Position{}, fmt.Errorf("position after %q: %w", seq, err)
	}
	return fromSequence(n.next()), nil
}

func fromSequence(n number) Position { return Position{kind: fromSeq, seq: n} }

// String describes the position for logs.
func (p Position) String() string {
	switch p.kind {
	case fromLatest:
		return "LATEST"
	case fromTime:
		return "AT_TIMESTAMP " + time.UnixMilli(p.at).UTC().Format(time.RFC3339Nano)
	case fromSeq:
		return "AT_SEQUENCE_NUMBER " + p.seq.String()
	default:
		return "TRIM_HORIZON"
	}
}
