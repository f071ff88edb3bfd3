package eventsource

import (
	"context"
	"errors"
	"time"
)

// Streams is the Kinesis that pollers read.
type Streams interface {
	// Shards lists the shards of a stream that can still be read, open and closed.
	Shards(ctx context.Context, streamARN string) ([]Shard, error)
	// Read returns at once what a shard holds at a position: at most maxRecords and, except for the first record, at
	// most maxBytes of data.
	Read(ctx context.Context, streamARN, shardID string, from Position, maxRecords, maxBytes int) (Batch, error)
	// Wait returns when Read would return a record or the shard's end, or when ctx ends.
	Wait(ctx context.Context, streamARN, shardID string, from Position) error
}

// Shard is one shard of a stream.
type Shard struct {
	ID string
	// Begins is the sequence number that the shard begins with. It tells the shard from one of the same ID in a stream
	// that had the same ARN before.
	Begins string
	// Parents are the shards that it came out of; those that are no longer listed count as drained.
	Parents []string
	// Retention is how long its stream keeps a record, 0 if that is not known.
	Retention time.Duration
}

// Record is one record of a shard.
type Record struct {
	SequenceNumber string
	PartitionKey   string
	Data           []byte
	Arrival        time.Time
}

// Batch is what a call of [Streams.Read] returns.
type Batch struct {
	Records []Record
	// Next is the position after Records. It stays where it is while the shard grows: for a read at [Latest] it is
	// where the shard ended then.
	Next Position
	// End says that the shard is closed and Records are its last.
	End bool
}

// PositionKind says how a [Position] is meant.
type PositionKind string

// The kinds of a position.
const (
	TrimHorizon   PositionKind = "TRIM_HORIZON"
	Latest        PositionKind = "LATEST"
	AtTimestamp   PositionKind = "AT_TIMESTAMP"
	AfterSequence PositionKind = "AFTER_SEQUENCE_NUMBER"
	AtSequence    PositionKind = "AT_SEQUENCE_NUMBER"
)

// Position is a place in a shard.
type Position struct {
	Kind           PositionKind `json:"kind"`
	SequenceNumber string       `json:"sequenceNumber,omitempty"` // for AfterSequence and AtSequence
	Timestamp      time.Time    `json:"timestamp,omitzero"`       // for AtTimestamp
}

// Invoker calls functions.
type Invoker interface {
	// Invoke calls a function once and waits for its answer. An error means that the function was not begun; it is
	// ErrTooLarge if no later call with this payload can begin either.
	Invoke(ctx context.Context, functionARN string, payload []byte) (Answer, error)
}

// ErrTooLarge says that a function cannot get a payload of that size.
var ErrTooLarge = errors.New("payload too large")

// Answer is how a function ended.
type Answer struct {
	Payload         []byte
	FunctionError   string // "" or "Unhandled"
	RequestID       string
	ExecutedVersion string
}

// Destinations takes what could not be processed.
type Destinations interface {
	// Send delivers a message to the queue, topic or bucket that arn names.
	Send(ctx context.Context, arn string, message Message) error
}

// Message tells of records that could not be processed.
type Message struct {
	// Key is the object's key, for a bucket; else "".
	Key string
	// Body is the JSON document. For a bucket it holds the records; for a queue or a topic only where they are.
	Body []byte
}
