package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spillway/spillway/e2e/ground"
	"github.com/spillway/spillway/pkg/client"
)

// reader is one subscriber. What is not atomic belongs to the goroutine of run until
// that has ended.
type reader struct {
	stream   *client.Stream
	id       string // the customer's
	topics   int
	record   *recorder // nil: latencies do not matter
	hold     *gate     // nil: it never stops
	received atomic.Int64
	live     chan struct{} // closed at the first subscription
	lives    atomic.Int64  // subscriptions so far

	tally    tally
	partings []parting
	arrivals []time.Time // of subscriptions
}

// parting is the loss of a subscription.
type parting struct {
	at  time.Time
	why codes.Code
}

// stalled tells whether the gateway ended it because nothing was read.
func (p parting) stalled() bool { return p.why == codes.Aborted }

// newReader returns a reader of everything, with the feed's topics, that subscribes as sub
// says apart from that.
func newReader(c account, topics int, sub client.Subscription) *reader {
	r := &reader{id: c.id, topics: topics, live: make(chan struct{})}
	sub.Patterns = []string{ground.Everything}
	sub.OnSubscribed = func(client.Subscribed) {
		if r.arrivals = append(r.arrivals, time.Now()); len(r.arrivals) == 1 {
			close(r.live)
		}
		r.lives.Add(1)
	}
	sub.OnDisconnect = func(d client.Disconnect) {
		r.partings = append(r.partings, parting{time.Now(), status.Code(d.Err)})
	}
	r.stream = c.Subscribe(sub)
	return r
}

// run reads until ctx ends.
func (r *reader) run(ctx context.Context) error {
	if r.record != nil {
		defer r.record.flush()
	}
	for ev, err := range r.stream.Events(ctx) {
		var gap *client.Gap
		switch {
		case errors.As(err, &gap):
			r.tally.gaps++
			continue
		case err != nil && ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		r.take(ev)
		if r.hold != nil {
			r.hold.pass(ctx)
		}
	}
	return nil
}

// take counts an event.
func (r *reader) take(ev *client.Event) {
	now := time.Now()
	n, at, err := parseData(ev.Data)
	if err != nil || ev.PartitionKey != keyOf(n) || ev.Topic != topicOf(n, r.topics) {
		r.tally.foreign++
		return
	}
	r.tally.add(n)
	if r.record != nil {
		r.record.add(now, now.Sub(at))
	}
	r.received.Add(1)
}
