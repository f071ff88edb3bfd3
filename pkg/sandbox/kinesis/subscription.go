package kinesis

import (
	"context"
	"io"
	"sync"
	"time"
)

const (
	// subscriptionLife is how long a subscription lasts.
	subscriptionLife = 5 * time.Minute
	// subscriptionHeld is how long nobody can take a subscription over.
	subscriptionHeld = 5 * time.Second
	// subscriptionPause is the longest time without an event.
	subscriptionPause = 5 * time.Second
	// maxEventBytes bounds the records of one event: half a second's worth of a subscription.
	maxEventBytes = 1 << 20
)

// subscriptions are those of one consumer, one for each shard at most.
type subscriptions struct {
	mu      sync.Mutex // guards what follows
	byShard map[int64]*Subscription
}

// begin takes the subscription of a shard over from the one that was, unless that is too young.
func (a *subscriptions) begin(sub *Subscription, inUse *Error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if old := a.byShard[sub.shard.index]; old != nil {
		if sub.began.Sub(old.began).Abs() < subscriptionHeld {
			return inUse
		}
		old.stop(inUse)
	}
	if a.byShard == nil {
		a.byShard = map[int64]*Subscription{}
	}
	a.byShard[sub.shard.index] = sub
	return nil
}

// end stops all.
func (a *subscriptions) end(why *Error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, sub := range a.byShard {
		sub.stop(why)
	}
	a.byShard = nil
}

// Subscription delivers the records of a shard to a consumer, as SubscribeToShard
// does. Next must not be called concurrently.
type Subscription struct {
	service *Service
	stream  *stream
	shard   *shard
	began   time.Time

	stopped chan struct{} // closed once why is set
	once    sync.Once
	why     *Error

	from    Position
	started bool // an event has been given
	drained bool
	free    time.Time // when the throughput allows the next event
}

// SubscribeToShardEvent is what a subscription delivers. ContinuationSequenceNumber
// is empty, and ChildShards are there, at the end of a closed shard.
type SubscribeToShardEvent struct {
	Records                    []Record
	ContinuationSequenceNumber string `json:",omitempty"`
	MillisBehindLatest         int64
	ChildShards                []ChildShard `json:",omitempty"`
}

func (sub *Subscription) stop(why *Error) {
	sub.once.Do(func() {
		sub.why = why
		close(sub.stopped)
	})
}

// Next gives the next event: at once if there are records, or it is the first,
// else when a record comes or five seconds have passed. It gives io.EOF after the
// end of the shard and when the five minutes of a subscription are over, an
// *Error when the subscription was taken over or its stream or consumer was
// deleted, ErrClosed, and ctx's error.
func (sub *Subscription) Next(ctx context.Context) (SubscribeToShardEvent, error) {
	if sub.drained {
		return SubscribeToShardEvent{}, io.EOF
	}
	if err := sub.await(ctx); err != nil {
		return SubscribeToShardEvent{}, err
	}
	s, now := sub.service, sub.service.now()
	got := sub.shard.read(sub.from, readLimit{records: maxRecordsRead, bytes: maxEventBytes}, now, sub.stream.state.Load().retention)
	if got.gone {
		return SubscribeToShardEvent{}, s.errStreamNotFound(sub.stream.name)
	}
	sub.from, sub.started, sub.drained = got.next, true, got.drained
	if s.cfg.EnforceLimits {
		sub.free = now.Add(time.Duration(got.bytes) * time.Second / readBytesPerSecond)
	}
	event := SubscribeToShardEvent{Records: got.records(), MillisBehindLatest: got.behind.Milliseconds()}
	if got.drained {
		event.ChildShards = childShards(sub.stream.state.Load().children(sub.shard))
	} else {
		event.ContinuationSequenceNumber = got.last.String()
	}
	return event, nil
}

// await returns nil when an event is due.
func (sub *Subscription) await(ctx context.Context) error {
	pause := time.NewTimer(subscriptionPause)
	defer pause.Stop()
	due := !sub.started
	for {
		turned := sub.service.clock.Changed()
		now := sub.service.now()
		if now.Sub(sub.began) >= subscriptionLife {
			return io.EOF
		}
		_, ok, changed := sub.shard.ready(sub.from)
		wait := sub.free.Sub(now)
		if (ok || due) && wait <= 0 {
			return sub.check(ctx)
		}
		if ok {
			changed = nil // there is something: only the throughput is waited for
		}
		paused, err := sub.sleep(ctx, wakeups{changed: changed, turned: turned, pause: pause.C, free: wait})
		if err != nil {
			return err
		}
		due = due || paused
	}
}

// check gives why the subscription cannot go on, if it cannot.
func (sub *Subscription) check(ctx context.Context) error {
	select {
	case <-sub.stopped:
		return sub.why
	case <-sub.service.closed:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	default:
		return nil
	}
}

// wakeups are what a subscription waits for: a change of the shard, a turn of the
// clock, the end of the longest time without an event, and, if positive, the time
// until the throughput allows the next.
type wakeups struct {
	changed, turned <-chan struct{}
	pause           <-chan time.Time
	free            time.Duration
}

// sleep waits for the first of w and reports whether the time without an event is over.
func (sub *Subscription) sleep(ctx context.Context, w wakeups) (paused bool, err error) {
	var free <-chan time.Time
	if w.free > 0 {
		timer := time.NewTimer(w.free)
		defer timer.Stop()
		free = timer.C
	}
	select {
	case <-w.pause:
		paused = true
	case <-w.changed:
	case <-w.turned:
	case <-free:
	case <-sub.stopped:
	case <-sub.service.closed:
	case <-ctx.Done():
	}
	return paused, sub.check(ctx)
}
