package eventsource

import (
	"log/slog"
	"time"
)

// Unlimited is the value of MaxRetries and MaxAge that sets no limit.
const Unlimited = -1

// Settings say what a poller reads, whom it calls and how.
type Settings struct {
	// MappingID is the UUID of the event source mapping.
	MappingID string
	// SourceARN is the event source: a stream, or a consumer of one that is read through FanOut.
	SourceARN   string
	FanOut      FanOut // nil for a stream
	FunctionARN string
	// RoleARN is the function's role; the event names it.
	RoleARN string
	Region  string

	Start        Position // where to begin shards without a checkpoint
	BatchSize    int
	Window       time.Duration // the batching window
	Parallel     int           // the parallelization factor
	Bisect       bool
	PartialBatch bool // ReportBatchItemFailures
	MaxRetries   int  // or Unlimited
	MaxAge       time.Duration
	Filter       *Filter       // nil lets all records pass
	Tumbling     time.Duration // the length of the tumbling windows, or 0; it takes a Parallel of 1
	OnFailure    string        // ARN of the destination, or ""

	// PollInterval is how long a shard without new records is left alone. 0 means that it is read at once when a record
	// arrives; [AWSPollInterval] is what AWS does. A consumer with enhanced fan-out is never polled.
	PollInterval time.Duration
	RetryBase    time.Duration
	RetryCap     time.Duration
	Seed         uint64 // of the pauses between failed attempts
	Clock        Clock  // nil means RealTime
	Logger       *slog.Logger
	// Checkpoints is told of progress, or nil.
	Checkpoints   Saver
	ProcessedHook func(result string) // told the result of each invocation, or nil
}

// The defaults of the pause between failed attempts. One second and about eight attempts a minute is what AWS shows.
const (
	DefaultRetryBase = time.Second
	DefaultRetryCap  = 10 * time.Second
)

// AWSPollInterval is the base rate at which AWS polls a shard: once a second (Lambda developer guide, "Polling and batching
// streams").
const AWSPollInterval = time.Second

// The results that a poller reports, as AWS words them where it is known.
const (
	ResultOK            = "OK"
	ResultCallFailed    = "PROBLEM: Function call failed"
	ResultStreamProblem = "PROBLEM: Stream could not be read"
)

func (s Settings) withDefaults() Settings {
	if s.RetryBase <= 0 {
		s.RetryBase = DefaultRetryBase
	}
	if s.RetryCap <= 0 {
		s.RetryCap = DefaultRetryCap
	}
	if s.Clock == nil {
		s.Clock = RealTime{}
	}
	if s.ProcessedHook == nil {
		s.ProcessedHook = func(string) {}
	}
	s.Parallel = max(s.Parallel, 1)
	s.BatchSize = max(s.BatchSize, 1)
	return s
}
