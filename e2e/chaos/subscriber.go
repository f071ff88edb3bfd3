package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spillway/spillway/pkg/client"
	"github.com/spillway/spillway/pkg/topic"
)

// subscriber reads as its role says and keeps a journal.
type subscriber struct {
	role     role
	target   target
	workload *workload
	prints   fingerprint
	rng      *rand.Rand // of run's goroutine
	calm     *atomic.Bool
	load     load
	file     string // of a durable one's position

	*journal
	live        chan struct{} // closed when it is live for the first time
	once        sync.Once
	disconnects atomic.Int64
	stream      atomic.Pointer[client.Stream] // the present one

	mu      sync.Mutex // guards stopped
	stopped time.Time  // until when it does not read
}

// load is what the producer makes: what a slow subscriber is slow in comparison to.
type load struct{ records, bytes float64 } // per second

// newSubscriber makes a subscriber that is told by calm that the faults are over: it
// stays and is as fast as it can from then on.
func newSubscriber(r role, at target, w *workload, prints fingerprint, seed uint64, l load, calm *atomic.Bool) (*subscriber, error) {
	grants, err := topic.ParseAll(grantsOf(r.customer))
	if err != nil {
		return nil, err
	}
	patterns := grants
	if len(r.patterns) > 0 {
		if patterns, err = topic.ParseAll(r.patterns); err != nil {
			return nil, err
		}
	}
	h := history{name: r.name, grants: grants, patterns: patterns, careless: r.leaves == inTheMidst, durable: r.leaves == durably}
	return &subscriber{
		role: r, target: at, workload: w, prints: prints, calm: calm, load: l, live: make(chan struct{}),
		rng: rand.New(rand.NewPCG(seed, uint64(len(r.name)))), journal: newJournal(h, len(w.chains)),
	}, nil
}

// stop keeps the subscriber from reading for a time.
func (s *subscriber) stop(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = time.Now().Add(d)
}

// cursor is where the subscriber is, zero before it has been live.
func (s *subscriber) cursor() client.Cursor {
	stream := s.stream.Load()
	if stream == nil {
		return client.Cursor{}
	}
	return stream.Cursor()
}

// run subscribes until ctx ends. What ends it earlier goes into the journal.
func (s *subscriber) run(ctx context.Context) {
	if err := s.visits(ctx); ctx.Err() == nil {
		s.change(func(h *history) { h.ended = err })
	}
}

// visits reads, leaves and comes back, until an error ends it.
func (s *subscriber) visits(ctx context.Context) error {
	start := s.role.start
	for n := 0; ; n++ {
		cursor, err := s.visit(ctx, n, start)
		if err != nil {
			return err
		}
		// An application keeps the cursor as text.
		kept, err := client.ParseCursor(cursor.String())
		if err != nil {
			return fmt.Errorf("cursor after visit %d: %w", n, err)
		}
		start = client.After(kept)
	}
}

// visit reads with one client and one stream, until it leaves for good.
func (s *subscriber) visit(ctx context.Context, n int, start client.Start) (client.Cursor, error) {
	cfg, err := s.target.Client(s.role.customer)
	if err != nil {
		return client.Cursor{}, err
	}
	if s.role.narrow {
		s.narrow(&cfg)
	}
	c, err := client.New(cfg)
	if err != nil {
		return client.Cursor{}, err
	}
	defer c.Close()
	sub := client.Subscription{
		Patterns: s.role.patterns, Start: start, OnSubscribed: s.onSubscribed,
		OnDisconnect: func(client.Disconnect) { s.disconnects.Add(1) },
	}
	if s.role.leaves == durably {
		store, err := client.OpenFileStore(client.FileStoreConfig{Path: s.file, Patterns: s.role.patterns})
		if err != nil {
			return client.Cursor{}, err
		}
		defer store.Close()
		sub.Store = store
	}
	stream := c.Subscribe(sub)
	s.stream.Store(stream)
	defer s.count(stream)
	for {
		if err := s.read(ctx, stream, n); err != nil {
			return client.Cursor{}, err
		}
		away := time.Duration(s.rng.Int64N(int64(maxAway)))
		if err := sleep(ctx, away); err != nil {
			return client.Cursor{}, err
		}
		if s.role.leaves != forAWhile {
			return stream.Cursor(), nil
		}
	}
}

func (s *subscriber) onSubscribed(client.Subscribed) {
	s.once.Do(func() {
		if !s.role.fromEarliest() {
			s.change(func(h *history) { h.since = time.Now() })
		}
		close(s.live)
	})
}

// count adds what the SDK has dropped.
func (s *subscriber) count(stream *client.Stream) {
	s.change(func(h *history) { h.repeated += stream.Repeated() })
}

// read reads until it leaves (nil) or something ends it.
func (s *subscriber) read(ctx context.Context, stream *client.Stream, n int) error {
	stay := s.stay()
	seen := 0
	for ev, err := range stream.Events(ctx) {
		if err := s.note(ev, err, n); err != nil {
			return err
		}
		if err := s.dawdle(ctx, seen); err != nil {
			return err
		}
		seen++
		if seen < stay || s.calm.Load() || s.role.leaves == never {
			continue
		}
		switch {
		case s.role.leaves == inTheMidst, s.role.leaves == forAWhile:
			return nil
		case s.role.leaves == durably:
			stream.Handled()
			return stream.Save(ctx)
		case stream.Buffered() == 0:
			stream.Handled()
			return nil
		}
	}
	return errors.New("the iteration ended without an error")
}

// stay is after how many events it leaves.
func (s *subscriber) stay() int { return minStay + s.rng.IntN(maxStay-minStay) }

// note writes down what was shown. The error is what ended the iteration.
func (s *subscriber) note(ev *client.Event, err error, n int) error {
	var gap *client.Gap
	switch {
	case errors.As(err, &gap):
		s.add(shown{chain: -1, gap: gap, stream: n})
	case err != nil:
		return err
	default:
		s.add(s.event(ev, n))
	}
	return nil
}

func (s *subscriber) event(ev *client.Event, n int) shown {
	out := shown{chain: -1, stray: ev.Topic, id: s.prints.of(ev.ID), stream: n}
	if chain, ok := s.workload.find(ev.Topic, ev.PartitionKey); ok {
		out.chain, out.stray = chain, ""
		out.number, ok = s.workload.number(chain, ev.Data)
		out.wrong = !ok
	}
	return out
}

// dawdle keeps a subscriber from reading on for as long as it is stopped, or slow.
func (s *subscriber) dawdle(ctx context.Context, seen int) error {
	s.mu.Lock()
	stopped := time.Until(s.stopped)
	s.mu.Unlock()
	if stopped > 0 {
		if err := sleep(ctx, stopped); err != nil {
			return err
		}
	}
	if !s.role.sleepy || s.calm.Load() || seen%napEvery != 0 {
		return nil
	}
	return sleep(ctx, time.Duration(napEvery*slowness/s.load.records*float64(time.Second)))
}

// narrow has the subscriber's connections bring no more than a part of what there is.
func (s *subscriber) narrow(cfg *client.Config) {
	dial := cfg.Dial
	cfg.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
		conn, err := dial(ctx, addr)
		if err != nil {
			return nil, err
		}
		return &narrowConn{conn, s.load.bytes / slowness, s.calm}, nil
	}
}

// narrowConn reads no faster than a rate, in bytes per second, until it is calm.
type narrowConn struct {
	net.Conn
	rate float64
	calm *atomic.Bool
}

// Read implements net.Conn.
func (c *narrowConn) Read(b []byte) (int, error) {
	if c.calm.Load() {
		return c.Conn.Read(b)
	}
	n, err := c.Conn.Read(b[:min(len(b), narrowPiece)])
	time.Sleep(time.Duration(float64(n) / c.rate * float64(time.Second)))
	return n, err
}
