package eventlog

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	// readTimeout bounds a round trip that reads, with all its attempts and dialling:
	// what a node that is away costs each read of lanes on it. A healthy Redis takes
	// milliseconds; a page of megabytes over a slow link still fits.
	readTimeout = 2 * time.Second
	// appendTimeout bounds a round trip that writes: enough for a Redis that restarts
	// at once, far below the time a Lambda function has, which comes again anyway.
	appendTimeout = 5 * time.Second
	// commandTimeout bounds one attempt at a command.
	commandTimeout = 3 * time.Second
	// dialTimeout and dialAttempts bound the making of a connection: within a network
	// that takes milliseconds, and the command is attempted again as a whole.
	dialTimeout  = time.Second
	dialAttempts = 1
	// maxRetries is how often go-redis repeats a command that met a network error.
	// Everything here is safe to repeat: appends are idempotent.
	maxRetries = 3
	// maxRedirects is how often a cluster's client does: a slot that has moved while it
	// was on the move needs two, a connection that has died one. noRetries keeps it
	// from repeating each of them on the node, too.
	maxRedirects = 3
	noRetries    = -1

	defaultPort = ":6379"
	// poolSize bounds the connections of a process to one node.
	poolSize = 32
)

// patient is how long something may take: d, or Patience if that is longer.
func (c Config) patient(d time.Duration) time.Duration { return max(d, c.Patience) }

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
		DialTimeout:           dialTimeout,
		DialerRetries:         dialAttempts,
		ReadTimeout:           commandTimeout,
		WriteTimeout:          commandTimeout,
		ContextTimeoutEnabled: true,
		MaxRetries:            maxRetries,
		MaxRedirects:          maxRedirects,
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
	if opts.IsClusterMode {
		opts.MaxRetries = noRetries
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
