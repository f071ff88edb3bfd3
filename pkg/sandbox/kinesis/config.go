package kinesis

import (
	"log/slog"
	"time"
)

// Defaults of Config.
const (
	DefaultRegion    = "us-east-1"
	DefaultAccountID = "000000000000"
	// DefaultStateDelay shows the states in between to a client without making it wait.
	DefaultStateDelay = 200 * time.Millisecond
	// DefaultMaxBytes is what a laptop can spare.
	DefaultMaxBytes = 512 << 20
	// DefaultShardLimit is AWS's quota in us-east-1.
	DefaultShardLimit = 20_000
)

// Config configures a Service. The zero value is complete.
type Config struct {
	// Region and AccountID appear in ARNs and messages; a request for a stream of
	// another region or account by its ARN does not find it.
	Region, AccountID string
	// Now is the clock; time.Now if nil. It must be safe for concurrent use.
	Now func() time.Time
	// StateDelay is how long a stream stays CREATING, UPDATING and DELETING;
	// DefaultStateDelay if 0, not at all if negative.
	StateDelay time.Duration
	// EnforceLimits applies the throughput limits per shard (1,000 records and
	// 1 MiB a second in; 5 reads and 2 MiB a second out; 5 GetShardIterator a
	// second) and the limit of five streams being created.
	EnforceLimits bool
	// MaxBytes bounds the memory of all records together. A put beyond it is
	// refused with ProvisionedThroughputExceededException and logged; nothing
	// accepted is dropped before its retention passes.
	MaxBytes int64
	// ShardLimit bounds the shards of all streams together.
	ShardLimit int
	// Keys are the secrets of access keys, by their ids: requests must be signed
	// with one of them. If nil, requests must look signed, and any credentials do.
	Keys map[string]string
	// Logger hears of refusals that are this emulator's own; none if nil.
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	setDefault(&c.Region, DefaultRegion)
	setDefault(&c.AccountID, DefaultAccountID)
	setDefault(&c.StateDelay, DefaultStateDelay)
	setDefault(&c.MaxBytes, DefaultMaxBytes)
	setDefault(&c.ShardLimit, DefaultShardLimit)
	c.StateDelay = max(0, c.StateDelay)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}
