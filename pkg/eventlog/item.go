package eventlog

import "fmt"

// Item is one encoded event to append.
type Item struct {
	Topic    string // decides the lane
	Key      string // the partition key of the event's record
	Sequence string // Kinesis's sequence number of the event's record, decimal
	Bytes    []byte // what event.Append made
}

// Appended counts what an Append did.
type Appended struct {
	Events  int // appended now
	Skipped int // appended before, by an earlier attempt at the same records
	Entries int // entries of the log that hold the appended events
}

// AppendError is returned by Append when some items did not get through. All
// items with a lower sequence number than First did.
type AppendError struct {
	First string // the lowest sequence number that did not get through
	Err   error
}

func (e *AppendError) Error() string {
	return fmt.Sprintf("append from sequence number %s: %v", e.First, e.Err)
}

// Unwrap returns the cause.
func (e *AppendError) Unwrap() error { return e.Err }
