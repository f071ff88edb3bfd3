package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/spillway/spillway/e2e/latency"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

const (
	// dialers is how many subscribers connect at a time.
	dialers = 32
	// histograms are shared by that many subscribers in turn, so that they seldom wait for
	// each other.
	histograms = 16
)

// loadConfig says who subscribes to what.
type loadConfig struct {
	Subscribers int
	// Subscriber i connects to target i, with token i and patterns i, each list over and
	// over again.
	Targets, Tokens, Patterns []string
	CA                        string // PEM; empty for plaintext
	Earliest                  bool
	Ordered                   bool // everybody gets everything: see tally
	Progress                  string
}

// marked is what a load tells of itself: latencies since the last time, all else since it
// began.
type marked struct {
	counts
	At             int64 // now, in nanoseconds since 1970
	Begun, Last    int64 // when it began to connect, and the last event came
	Live, Failed   int
	Why            string // the first failure
	P50, P99, P999 time.Duration
}

// crowd is the subscribers of a process.
type crowd struct {
	loadConfig
	pool *x509.CertPool

	subs  []*subscriber
	took  [histograms]recorder
	begun time.Time
	last  atomic.Int64

	mu     sync.Mutex // guards what follows
	failed int
	why    error
}

// recorder is a histogram for several.
type recorder struct {
	mu   sync.Mutex // guards took
	took latency.Histogram
}

// subscriber is one of a crowd.
type subscriber struct {
	crowd *crowd
	took  *recorder
	live  chan struct{}
	got   atomic.Int64

	mu    sync.Mutex // guards tally
	tally tally
}

// newLoad is the role of subscribers.
func newLoad(ctx context.Context, conf []byte) (handler, error) {
	c := &crowd{}
	if err := json.Unmarshal(conf, &c.loadConfig); err != nil {
		return nil, err
	}
	if c.CA != "" {
		c.pool = x509.NewCertPool()
		c.pool.AppendCertsFromPEM([]byte(c.CA))
	}
	for i := range c.Subscribers {
		s := &subscriber{crowd: c, took: &c.took[i%histograms], live: make(chan struct{})}
		s.tally.ordered = c.Ordered
		c.subs = append(c.subs, s)
	}
	if c.Progress != "" {
		if err := serveProgress(ctx, c.Progress, c.slowest); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context, do string, _ json.RawMessage) (any, error) {
		switch do {
		case "open":
			return nil, c.open(ctx)
		case "mark":
			return c.mark(), nil
		}
		return nil, fmt.Errorf("cannot %s", do)
	}, nil
}

// open starts all subscribers and returns when they are live.
func (c *crowd) open(ctx context.Context) error {
	c.begun = time.Now()
	next := make(chan int)
	var wg sync.WaitGroup
	for range dialers {
		wg.Go(func() {
			for i := range next {
				c.subs[i].open(ctx, i)
			}
		})
	}
	for i := range c.subs {
		next <- i
	}
	close(next)
	wg.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.why
}

// open connects and waits until the subscription is live.
func (s *subscriber) open(ctx context.Context, i int) {
	c := s.crowd
	req := &spillwayv1.SubscribeRequest{
		Patterns: []string{c.Patterns[i%len(c.Patterns)]}, Limits: &spillwayv1.Limits{HeartbeatInterval: durationpb.New(time.Hour)},
	}
	if c.Earliest {
		req.Start = &spillwayv1.SubscribeRequest_Origin{Origin: spillwayv1.Origin_ORIGIN_EARLIEST}
	}
	f, err := dialFlow(ctx, c.Targets[i%len(c.Targets)], c.Tokens[i%len(c.Tokens)], req, c.pool)
	if err != nil {
		c.fail(err)
		return
	}
	over := make(chan struct{})
	go func() { // ends with the process, or the stream
		defer close(over)
		defer f.conn.Close()
		c.fail(f.run(s.take))
	}()
	select {
	case <-s.live:
	case <-over:
	}
}

// take takes a response.
func (s *subscriber) take(msg []byte) error {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	had, live := s.tally.Events, s.tally.live
	s.took.mu.Lock()
	err := s.tally.response(msg, func(nanos int64) { s.took.took.Add(time.Duration(now.UnixNano() - nanos)) })
	s.took.mu.Unlock()
	if s.tally.live && !live {
		close(s.live)
	}
	if s.tally.Events > had {
		s.got.Store(s.tally.Events)
		s.crowd.last.Store(now.UnixNano())
	}
	return err
}

// fail notes the end of a stream.
func (c *crowd) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed++
	if c.why == nil {
		c.why = errors.Join(errors.New("a subscriber"), err)
	}
}

// slowest is how many events the subscriber has got that has the fewest.
func (c *crowd) slowest() int64 {
	least := c.subs[0].got.Load()
	for _, s := range c.subs[1:] {
		least = min(least, s.got.Load())
	}
	return least
}

func (c *crowd) mark() marked {
	m := marked{Begun: c.begun.UnixNano(), Last: c.last.Load()}
	for _, s := range c.subs {
		s.mu.Lock()
		m.add(s.tally.counts)
		if s.tally.live {
			m.Live++
		}
		s.mu.Unlock()
	}
	m.At = time.Now().UnixNano()
	var all latency.Histogram
	for i := range c.took {
		r := &c.took[i]
		r.mu.Lock()
		all.Merge(&r.took)
		r.took = latency.Histogram{}
		r.mu.Unlock()
	}
	m.P50, m.P99, m.P999 = all.Quantile(0.5), all.Quantile(0.99), all.Quantile(0.999)
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.Failed = c.failed; c.why != nil {
		m.Why = c.why.Error()
	}
	return m
}
