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
	MappingID   string
	StreamARN   string
	FunctionARN string
	// RoleARN is the function's role; the event names it.
	RoleARN string
	Region  string

	Start         Position // where to begin shards without a checkpoint
	BatchSize     int
	Window        time.Duration
	Parallel      int
	Bisect        bool
	PartialBatch  bool // ReportBatchItemFailures
	MaxRetries    int  // or Unlimited
	MaxAge        time.Duration
	OnFailure     string // ARN of the destination, or ""
	RetryBase     time.Duration
	RetryCap      time.Duration
	Clock         func() time.Time
	Logger        *slog.Logger
	ProcessedHook func(result string) // told the result of each invocation, or nil
}

// The defaults of the pause between failed attempts. One second and about eight attempts a minute is what AWS shows.
const (
	DefaultRetryBase = time.Second
	DefaultRetryCap  = 10 * time.Second
)

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
		s.Clock = time.Now
	}
	if s.ProcessedHook == nil {
		s.ProcessedHook = func(string) {}
	}
	s.Parallel = max(s.Parallel, 1)
	s.BatchSize = max(s.BatchSize, 1)
	return s
}
