package balancer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// checkInterval is how often the members are asked for their health; AWS takes 5 s at least, a laptop need not wait.
	checkInterval = time.Second
	// defaultCheckTimeout is what a member has to answer; one that is stopped or cut off does not.
	defaultCheckTimeout = time.Second
	// defaultDialTimeout bounds the connection to a member, before another one is tried.
	defaultDialTimeout = 2 * time.Second
	// DefaultMaxConnections is as many as a gateway takes.
	DefaultMaxConnections = 20_000
)

// Config says what to balance. Target and Health are required.
type Config struct {
	// Target is host:port of the members: the host is a name with an address for each of them.
	Target string
	// Health is the URL that a member is asked for, with the target's host in it; 200 means that it is well.
	Health string
	// ProxyProtocol begins every connection with a header of the PROXY protocol, version 2, by which a member learns the
	// client's address.
	ProxyProtocol bool
	// MaxConnections bounds the connections at a time: more are closed at once. DefaultMaxConnections if 0.
	MaxConnections int
	// Logger is told of members that come, go, fall ill and recover; nil is told nothing.
	Logger *slog.Logger
	// Resolve looks up a name; net.DefaultResolver if nil.
	Resolve func(ctx context.Context, host string) ([]string, error)
}

// Balancer gives connections to members. Make it with New.
type Balancer struct {
	cfg        Config
	host, port string
	health     *url.URL
	slots      chan struct{}

	checkTimeout, dialTimeout time.Duration // the default ones, but for tests

	mu      sync.Mutex // guards what follows
	members map[string]bool
	turn    int
}

// New returns a balancer for cfg.
func New(cfg Config) (*Balancer, error) {
	host, port, err := net.SplitHostPort(cfg.Target)
	if err != nil {
		return nil, fmt.Errorf("balancer: target: %w", err)
	}
	health, err := url.Parse(cfg.Health)
	if err == nil && (health.Scheme != "http" || health.Hostname() != host || health.Port() == "") {
		err = fmt.Errorf("%q: want http://%s:PORT/PATH", cfg.Health, host)
	}
	if err != nil {
		return nil, fmt.Errorf("balancer: health: %w", err)
	}
	if cfg.MaxConnections <= 0 {
		cfg.MaxConnections = DefaultMaxConnections
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Resolve == nil {
		cfg.Resolve = net.DefaultResolver.LookupHost
	}
	return &Balancer{
		cfg: cfg, host: host, port: port, health: health, slots: make(chan struct{}, cfg.MaxConnections),
		checkTimeout: defaultCheckTimeout, dialTimeout: defaultDialTimeout,
	}, nil
}

// Serve serves connections of lis, which it closes, until ctx ends; then it cuts those that are open.
func (b *Balancer) Serve(ctx context.Context, lis net.Listener) error {
	group, ctx := errgroup.WithContext(ctx)
	defer context.AfterFunc(ctx, func() { _ = lis.Close() })()
	group.Go(func() error { return b.watch(ctx) })
	group.Go(func() error { return b.accept(ctx, group, lis) })
	if err := group.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (b *Balancer) accept(ctx context.Context, group *errgroup.Group, lis net.Listener) error {
	for {
		conn, err := lis.Accept()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("accept: %w", err)
		}
		if err != nil { // it has gone before it was taken, or there are no descriptors left
			b.cfg.Logger.Warn("connection not accepted", "error", err)
			if err := pause(ctx); err != nil {
				return err
			}
			continue
		}
		select {
		case b.slots <- struct{}{}:
		default:
			_ = conn.Close()
			continue
		}
		group.Go(func() error {
			defer func() { <-b.slots }()
			b.carry(ctx, conn)
			return nil
		})
	}
}

// pause is what a listener gets to recover.
func pause(ctx context.Context) error {
	timer := time.NewTimer(checkInterval / 10)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
