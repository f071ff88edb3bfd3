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

// FromBound makes a Position of what its Bound was.
func FromBound(bound string) (Position, error) {
	n, ok := parseNumber(bound)
	if !ok {
		return Position{}, fmt.Errorf("position from %q: not a decimal number of 192 bits", bound)
	}
	return fromSequence(n), nil
}

// Bound is the lowest sequence number that the position wants, in decimal. It need
// not be the number of a record. ok is false for the kinds of position that have
// none before the first read.
func (p Position) Bound() (bound string, ok bool) {
	return p.seq.String(), p.kind == fromSeq
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
