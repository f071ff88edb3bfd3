package eventlog

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
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

	// commandTimeout bounds one command, dialling included: far above what a healthy
	// Redis takes, far below the time a Lambda function has.
	commandTimeout = 3 * time.Second
	// maxRetries is how often go-redis repeats a command that met a network error.
	// Everything here is safe to repeat: appends are idempotent.
	maxRetries  = 3
	defaultPort = ":6379"
	// poolSize bounds the connections of a process to one node.
	poolSize = 32
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
	// DefaultRetention. A log that exists keeps its own.
	Retention time.Duration
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
	return c
}

// Log is an open log. Close it.
type Log struct {
	cfg     Config
	rdb     redis.UniversalClient
	cluster bool
	epoch   epochCache

	scriptLoaded atomic.Bool // by what this Log knows; NOSCRIPT tells otherwise
}

// Open returns the log that cfg names. It does not connect: the first use does.
func Open(cfg Config) (*Log, error) {
	cfg = cfg.withDefaults()
	opts, err := parseURL(cfg.URL)
	if err := errors.Join(err, cfg.validateRest()); err != nil {
		return nil, err
	}
	rdb := redis.NewUniversalClient(opts)
	return &Log{cfg: cfg, rdb: rdb, cluster: opts.IsClusterMode}, nil
}

// LogTo sends what the Redis client has to say of its connections to log, for
// the whole process; call it once, at the start.
func LogTo(log *slog.Logger) { redis.SetLogger(clientLogger{log}) }

type clientLogger struct{ log *slog.Logger }

// Printf implements the client's logger. The client speaks of connections only,
// never of commands or their arguments.
func (l clientLogger) Printf(ctx context.Context, format string, v ...any) {
	l.log.WarnContext(ctx, "redis client", "detail", fmt.Sprintf(format, v...))
}

// Close releases the connections.
func (l *Log) Close() error { return l.rdb.Close() }

// parseURL turns a URL into options of either kind of client. Errors name the URL
// without its password.
func parseURL(text string) (*redis.UniversalOptions, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("redis URL: is not a URL") // err would repeat a password
	}
	if u.Scheme != "redis" && u.Scheme != "rediss" || u.Hostname() == "" {
		return nil, fmt.Errorf("redis URL %q: want redis://host:port or rediss://host:port", u.Redacted())
	}
	opts := &redis.UniversalOptions{
		Addrs:                 []string{hostPort(u)},
		Username:              u.User.Username(),
		DialTimeout:           commandTimeout,
		ReadTimeout:           commandTimeout,
		WriteTimeout:          commandTimeout,
		ContextTimeoutEnabled: true,
		MaxRetries:            maxRetries,
		PoolSize:              poolSize,
		DisableIdentity:       true,
		MaintNotificationsConfig: &maintnotifications.Config{
			Mode: maintnotifications.ModeDisabled, // a feature that ElastiCache lacks
		},
	}
	opts.Password, _ = u.User.Password()
	if u.Scheme == "rediss" {
		opts.TLSConfig = &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
	}
	if db := trimSlash(u.Path); db != "" {
		if opts.DB, err = strconv.Atoi(db); err != nil || opts.DB < 0 {
			return nil, fmt.Errorf("redis URL %q: database %q is not a number", u.Redacted(), db)
		}
	}
	return opts, clusterOptions(u, opts)
}

// clusterOptions reads the query of a URL.
func clusterOptions(u *url.URL, opts *redis.UniversalOptions) error {
	for key, values := range u.Query() {
		switch key {
		case "addr":
			for _, addr := range values {
				opts.Addrs = append(opts.Addrs, withPort(addr))
			}
			opts.IsClusterMode = true
		case "cluster":
			on, err := strconv.ParseBool(values[len(values)-1])
			if err != nil {
				return fmt.Errorf("redis URL %q: cluster=%s: want true or false", u.Redacted(), values[len(values)-1])
			}
			opts.IsClusterMode = opts.IsClusterMode || on
		default:
			return fmt.Errorf("redis URL %q: unknown option %q (known: addr, cluster)", u.Redacted(), key)
		}
	}
	if opts.IsClusterMode && opts.DB != 0 {
		return fmt.Errorf("redis URL %q: a cluster has only database 0", u.Redacted())
	}
	return nil
}

func hostPort(u *url.URL) string {
	if u.Port() == "" {
		return u.Host + defaultPort
	}
	return u.Host
}

func withPort(addr string) string {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return addr + defaultPort
	}
	return addr
}

func trimSlash(path string) string {
	if path != "" && path[0] == '/' {
		return path[1:]
	}
	return path
}

// The keys of the log, as the package doc lists them.
func (l *Log) logKey() string    { return "{" + l.cfg.Name + "}:log" }
func (l *Log) lane(i int) string { return "{" + l.cfg.Name + ":" + strconv.Itoa(i) + "}:" }

func (l *Log) noticeName(i int) string { return l.lane(i) + "notice" }

func (l *Log) entriesKey(epoch string, i int) string { return l.lane(i) + epoch + ":entries" }
func (l *Log) stateKey(epoch string, i int) string   { return l.lane(i) + epoch + ":state" }

func (l *Log) laneKeys(epoch string, i int) []string {
	return []string{l.entriesKey(epoch, i), l.stateKey(epoch, i), l.noticeName(i)}
}

// LaneOf returns the lane of a topic in a log of so many lanes: FNV-1a of the
// topic's bytes modulo lanes. It belongs to the stored format and never changes.
func LaneOf(topic string, lanes int) int {
	h := fnv.New32a()
	h.Write([]byte(topic))
	return int(h.Sum32() % uint32(lanes))
}
