package eventlog

import (
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// DefaultLanes is the number of lanes of a new log: enough to spread over the
	// nodes of a usual cluster, few enough for a cursor of some 100 bytes.
	DefaultLanes = 16
	// MaxLanes bounds the size of a cursor.
	MaxLanes = 256
	// DefaultName is the name of a log if none is given.
	DefaultName = "spillway"
	// DefaultRetention is how long a log keeps events if nothing else is said.
	DefaultRetention = time.Hour
	// MinRetention is the shortest retention that leaves a subscriber the time to
	// reconnect.
	MinRetention = time.Second
	// MaxRetention is what Kinesis keeps at most.
	MaxRetention = 365 * 24 * time.Hour
	// DefaultBudget is how many bytes a log holds if nothing else is said: a third of
	// the memory of the smallest node that one would run this on (3 GiB), so that
	// forks, replicas and connections have theirs.
	DefaultBudget = 1 << 30
	// MinBudget leaves each lane of a log with the default lanes room for an entry.
	MinBudget = 1 << 20
	// MaxBudget is beyond any Redis: who asks for more has mistaken the unit.
	MaxBudget = 1 << 44
)

// Config says which log to open.
type Config struct {
	// URL is where Redis is: redis://[user:password@]host:port[/db] or rediss:// for
	// TLS. With ?cluster=true, or further nodes as ?addr=host:port, it is a cluster.
	URL string
	// Name sets logs apart that share a Redis; letters, digits, - and _. Empty means
	// DefaultName.
	Name string
	// Lanes is the number of lanes if the log is made anew: 1 to MaxLanes, 0 means
	// DefaultLanes. A log that exists keeps its own.
	Lanes int
	// Retention is how long events are kept if the log is made anew; 0 means
	// DefaultRetention. A log that exists keeps its own, unless Governs.
	Retention time.Duration
	// Budget is how many bytes of Redis's memory the entries may take, shared evenly by
	// the lanes, if the log is made anew; 0 means DefaultBudget. What is beyond is
	// trimmed before the retention is over. A log that exists keeps its own, unless
	// Governs.
	Budget int64
	// Parallel says that the batches of a shard come in order per partition key only,
	// as with Lambda's parallelization factor above 1. What is appended already is then
	// remembered by shard and key, from then on by all who append to the log: see the
	// package's documentation.
	Parallel bool
	// Governs makes this process set the retention and the budget of a log that exists
	// to its own. It is for one kind of process: the one that appends.
	Governs bool
	// Patience is how long Redis may take for anything, if that is longer than usual: a
	// connection, a command, a round trip with all its attempts. It is for a machine with
	// so much to do that a Redis which is there takes seconds. What is away is told as late.
	Patience time.Duration
}

// Validate returns all mistakes of the configuration, joined.
func (c Config) Validate() error {
	_, urlErr := parseURL(c.URL)
	return errors.Join(urlErr, c.withDefaults().validateRest())
}

func (c Config) validateRest() error {
	var errs []error
	if !namePattern.MatchString(c.Name) {
		errs = append(errs, fmt.Errorf("log name %q: want 1 to 64 letters, digits, - and _", c.Name))
	}
	if c.Lanes < 1 || c.Lanes > MaxLanes {
		errs = append(errs, fmt.Errorf("lanes %d: want 1 to %d", c.Lanes, MaxLanes))
	}
	if c.Retention < MinRetention || c.Retention > MaxRetention {
		errs = append(errs, fmt.Errorf("retention %s: want %s to %s", c.Retention, MinRetention, MaxRetention))
	}
	if c.Budget < MinBudget || c.Budget > MaxBudget {
		errs = append(errs, fmt.Errorf("budget %d bytes: want %d to %d", c.Budget, int64(MinBudget), int64(MaxBudget)))
	}
	return errors.Join(errs...)
}

var namePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (c Config) withDefaults() Config {
	if c.Name == "" {
		c.Name = DefaultName
	}
	if c.Lanes == 0 {
		c.Lanes = DefaultLanes
	}
	if c.Retention == 0 {
		c.Retention = DefaultRetention
	}
	if c.Budget == 0 {
		c.Budget = DefaultBudget
	}
	return c
}

// Log is an open log. Close it.
type Log struct {
	cfg     Config
	rdb     redis.UniversalClient
	cluster bool
	epoch   epochCache
	known   known
	scripts scripts
	entries sync.Pool        // of *[]byte: memory of what is appended
	now     func() time.Time // the clock, for tests
}

// Open returns the log that cfg names. It does not connect: the first use does.
func Open(cfg Config) (*Log, error) {
	cfg = cfg.withDefaults()
	opts, err := parseURL(cfg.URL)
	if err := errors.Join(err, cfg.validateRest()); err != nil {
		return nil, err
	}
	opts.DialTimeout = cfg.patient(opts.DialTimeout)
	opts.ReadTimeout, opts.WriteTimeout = cfg.patient(opts.ReadTimeout), cfg.patient(opts.WriteTimeout)
	rdb := redis.NewUniversalClient(opts)
	return &Log{cfg: cfg, rdb: rdb, cluster: opts.IsClusterMode, scripts: newScripts(), now: time.Now}, nil
}

// Close releases the connections.
func (l *Log) Close() error { return l.rdb.Close() }

// LaneOf returns the lane of a topic in a log of so many lanes: FNV-1a of the
// topic's bytes modulo lanes. It belongs to the stored format and never changes.
func LaneOf(topic string, lanes int) int {
	const basis, prime = 2166136261, 16777619
	h := uint32(basis)
	for i := range len(topic) {
		h = (h ^ uint32(topic[i])) * prime
	}
	return int(h % uint32(lanes))
}
