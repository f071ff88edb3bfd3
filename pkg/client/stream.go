package client

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// Stream is one subscription, with its position. Client.Subscribe makes it.
type Stream struct {
	client  *Client
	sub     Subscription
	pos     position
	reading atomic.Bool

	// What follows belongs to the loop that reads.
	recent *recent
	queue  []item             // received and not yet yielded
	after  *spillwayv1.Cursor // the position once queue is empty
}

// item is an event, or a gap in its place.
type item struct {
	event *Event
	gap   *Gap
}

func newStream(c *Client, sub Subscription) *Stream {
	if sub.DedupWindow <= 0 {
		sub.DedupWindow = DefaultDedupWindow
	}
	s := &Stream{client: c, sub: sub, recent: newRecent()}
	if !sub.Start.cursor.IsZero() {
		s.pos.advance(sub.Start.cursor.message())
	}
	return s
}

// Cursor returns the position after the events that the loop's body is done with:
// an event that is being handled is not among them, nor one on which the body left
// the loop, unless Handled was called. It stands behind whole responses, so it may
// lag behind the last event by one response's events. It is the zero Cursor until
// the subscription has been live.
func (s *Stream) Cursor() Cursor { return newCursor(s.pos.message()) }

// Handled says that the loop's body is done with its event before it ends: Cursor
// counts the event from now on, even if the body then leaves the loop. Only the
// loop that reads s may call it.
func (s *Stream) Handled() {
	if len(s.queue) == 0 {
		s.pos.advance(s.after)
		s.after, s.queue = nil, nil
	}
}

// Buffered returns how many events have been received and not yet yielded: at
// zero, a consumer that collects its output may write it. Only the loop that
// reads s may call it.
func (s *Stream) Buffered() int { return len(s.queue) }

// Events subscribes and returns the events in the order to be handled, without
// repetitions. A *Gap comes as an error in its place and does not end the
// iteration; every other error is the last. Leaving the loop closes the
// subscription; another call of Events resumes it with the next event. The event on
// which the loop was left comes again only where another Stream starts after
// Cursor, since leaving may mean that it could not be handled. Only one loop may
// read s at a time.
func (s *Stream) Events(ctx context.Context) iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		if !s.reading.CompareAndSwap(false, true) {
			yield(nil, ErrBusy)
			return
		}
		defer s.reading.Store(false)
		if !s.deliver(yield) {
			return
		}
		if err := s.read(ctx, yield); err != nil {
			yield(nil, err)
		}
	}
}

// read subscribes again and again. It returns nil when the loop's body broke off.
func (s *Stream) read(ctx context.Context, yield func(*Event, error) bool) error {
	var tries backoff
	for {
		end := s.attempt(ctx, yield)
		if end.stopped {
			return nil
		}
		if err := s.mend(ctx, end); err != nil {
			return err
		}
		wait := tries.next(end.askedWait(), end.lived)
		if s.sub.OnDisconnect != nil {
			s.sub.OnDisconnect(Disconnect{asError(end.err), wait})
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// mend prepares another attempt, or returns the error that ends the iteration.
func (s *Stream) mend(ctx context.Context, end ending) error {
	if outOfTime(ctx, end.err) {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if s.client.conns.isClosed() {
		return ErrClosed
	}
	switch end.verdict() {
	case giveUp:
		return s.describe(end.err)
	case renewToken:
		return s.client.tokens.drop(ctx, end.token)
	}
	return nil
}

// clockDifference is how much earlier than here the deadline may pass at a gateway.
const clockDifference = time.Second

// outOfTime tells whether an attempt ended for ctx's deadline: gRPC tells the
// gateway of it, whose answer may come before ctx is done.
func outOfTime(ctx context.Context, err error) bool {
	deadline, ok := ctx.Deadline()
	if !ok {
		return false
	}
	left := time.Until(deadline)
	return left <= 0 || left < clockDifference && status.Code(err) == codes.DeadlineExceeded
}

// describe says which subscription failed.
func (s *Stream) describe(err error) error {
	if len(s.sub.Patterns) == 0 {
		return fmt.Errorf("subscribe: %w", asError(err))
	}
	return fmt.Errorf("subscribe %s: %w", strings.Join(s.sub.Patterns, " "), asError(err))
}

// deliver yields what is queued and then moves the position past it. It returns
// false when the loop's body broke off; what it has not seen stays queued, and the
// position stays where it is even if that is nothing: whether the body was done
// with its event is known only when Events is called again.
func (s *Stream) deliver(yield func(*Event, error) bool) bool {
	for len(s.queue) > 0 {
		it := s.queue[0]
		s.queue[0] = item{} // the event is the application's now
		s.queue = s.queue[1:]
		var goOn bool
		if it.gap != nil {
			goOn = yield(nil, it.gap)
		} else {
			goOn = yield(it.event, nil)
		}
		if !goOn {
			return false
		}
	}
	s.Handled()
	return true
}

// enqueue queues the events that have not been queued before.
func (s *Stream) enqueue(events []*spillwayv1.Event) {
	s.queue = make([]item, 0, len(events))
	for _, e := range events {
		if s.recent.has(e.GetId()) {
			continue
		}
		if e.GetId() != "" { // one without an identity cannot be told from another
			s.recent.add(e.GetId(), s.sub.DedupWindow)
		}
		s.queue = append(s.queue, item{event: newEvent(e)})
	}
}
