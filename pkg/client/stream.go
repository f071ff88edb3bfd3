package client

import (
	"context"
	"errors"
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
	client   *Client
	sub      Subscription
	pos      position
	reading  atomic.Bool
	repeated atomic.Int64
	renewed  atomic.Int64

	// What follows belongs to the loop that reads.
	recent *recent
	keeper keeper
	queue  []item             // received and not yet yielded
	inHand string             // the id of what was yielded and is not counted as handled
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
	if sub.Limits.MaxEventBytes == 0 {
		sub.Limits.MaxEventBytes = c.maxEventBytes(sub.Limits.MaxBatchBytes)
	}
	s := &Stream{client: c, sub: sub, recent: newRecent(sub.DedupWindow)}
	s.keeper = keeper{store: sub.Store, window: sub.DedupWindow}
	if !sub.Start.cursor.IsZero() {
		s.pos.advance(sub.Start.cursor.message())
	}
	return s
}

// Cursor returns the position after the events that the loop's body is done with:
// an event that is being handled is not among them, nor one on which the body left
// the loop, unless Handled was called. It stands behind whole responses, so it may
// lag behind the last event by one response's events; Subscription.Store keeps the
// position to the event. It is the zero Cursor until the subscription has been live.
func (s *Stream) Cursor() Cursor { return newCursor(s.pos.message()) }

// Repeated returns how many events were received again and dropped.
func (s *Stream) Repeated() int64 { return s.repeated.Load() }

// Renewed returns how many times the stream was given a newer token in place, so that
// it lived on beyond the one before. Nothing is to be done about it: where a gateway
// does not renew, the stream ends with its token, and resumes with the next.
func (s *Stream) Renewed() int64 { return s.renewed.Load() }

// Handled says that the loop's body is done with its event before it ends: Cursor
// and Save count the event from now on, even if the body then leaves the loop. Only
// the loop that reads s may call it.
func (s *Stream) Handled() {
	if s.inHand != "" {
		s.keeper.add(s.inHand)
		s.inHand = ""
	}
	if len(s.queue) == 0 && s.after != nil {
		s.pos.advance(s.after)
		s.keeper.pass()
		s.after, s.queue = nil, nil
	}
}

// Save saves to Subscription.Store what was handled and is not saved, if there is
// anything. The stream saves by itself, too; a body that calls Handled and Save
// after each event has the position saved to the event, and one that calls Save
// after the loop learns whether the save on leaving it succeeded. Only the loop
// that reads s may call it, or who comes after it.
func (s *Stream) Save(ctx context.Context) error {
	return s.keeper.save(ctx, s.Cursor)
}

// saveIfDue saves if it is time to.
func (s *Stream) saveIfDue(ctx context.Context) error {
	if !s.keeper.due(len(s.queue)) {
		return nil
	}
	return s.Save(ctx)
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
// Cursor or from the Store, since leaving may mean that it could not be handled.
// Only one loop may read s at a time.
func (s *Stream) Events(ctx context.Context) iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		if !s.reading.CompareAndSwap(false, true) {
			yield(nil, ErrBusy)
			return
		}
		defer s.reading.Store(false)
		err := s.read(ctx, yield)
		if err = s.leave(ctx, err); err != nil {
			yield(nil, err)
		}
	}
}

// leave saves once more, also where ctx is done, and returns what is to be told: why
// the iteration ended, if the loop's body did not break off.
func (s *Stream) leave(ctx context.Context, err error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leavingTimeout)
	defer cancel()
	unsaved := s.Save(ctx)
	var told *saveError
	if err == nil || unsaved == nil || errors.As(err, &told) {
		return err
	}
	return errors.Join(err, unsaved)
}

// load takes over what the store has.
func (s *Stream) load(ctx context.Context) error {
	kept, err := s.keeper.load(ctx)
	if err != nil {
		return err
	}
	s.recent.restore(kept.Handled)
	if !kept.Cursor.IsZero() {
		s.pos.begin()
		s.pos.advance(kept.Cursor.message())
	}
	return nil
}

// read subscribes again and again. It returns nil when the loop's body broke off.
func (s *Stream) read(ctx context.Context, yield func(*Event, error) bool) error {
	if err := s.load(ctx); err != nil {
		return s.describe(err)
	}
	if stopped, err := s.deliver(ctx, yield); stopped || err != nil {
		return err
	}
	var tries backoff
	for {
		end := s.attempt(ctx, yield)
		if end.stopped {
			return nil
		}
		if err := s.mend(ctx, end); err != nil {
			return err
		}
		if end.calm() {
			tries = backoff{}
		}
		wait := tries.next(end.askedWait(), end.lived)
		if s.sub.OnDisconnect != nil {
			s.sub.OnDisconnect(Disconnect{asError(end.err), wait, end.verdict().remedy()})
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
	if end.unsaved != nil {
		return s.describe(end.unsaved)
	}
	if s.client.conns.isClosed() {
		return ErrClosed
	}
	switch end.verdict() {
	case giveUp:
		return s.describe(s.advise(asError(end.err)))
	case renewToken:
		s.client.tokens.drop(end.token)
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

// cursorField is how the gateway's error names the cursor of a request.
const cursorField = "cursor: "

// advise adds to a refusal of the cursor what to do about it.
func (s *Stream) advise(err error) error {
	var answer *Error
	refused := errors.As(err, &answer) && answer.Code == codes.InvalidArgument && strings.HasPrefix(answer.Message, cursorField)
	if !refused || s.pos.message() == nil {
		return err
	}
	return fmt.Errorf("%w; %w", err, ErrCursorRefused)
}

// describe says which subscription failed.
func (s *Stream) describe(err error) error {
	if len(s.sub.Patterns) == 0 {
		return fmt.Errorf("subscribe: %w", err)
	}
	return fmt.Errorf("subscribe %s: %w", strings.Join(s.sub.Patterns, " "), err)
}

// deliver yields what is queued and then moves the position past it. It tells
// whether the loop's body broke off; what it has not seen stays queued, and the
// position stays where it is even if that is nothing: whether the body was done
// with its event is known only when Events is called again. The error is the
// store's.
func (s *Stream) deliver(ctx context.Context, yield func(*Event, error) bool) (stopped bool, err error) {
	for {
		s.Handled() // the body has come back for the next
		if err := s.saveIfDue(ctx); err != nil {
			return false, err
		}
		if len(s.queue) == 0 {
			return false, nil
		}
		it := s.queue[0]
		s.queue[0] = item{} // the event is the application's now
		s.queue = s.queue[1:]
		var goOn bool
		if it.gap != nil {
			goOn = yield(nil, it.gap)
		} else {
			s.inHand = it.event.ID
			goOn = yield(it.event, nil)
		}
		if !goOn {
			return true, nil
		}
	}
}

// enqueue queues the events that have not been queued before.
func (s *Stream) enqueue(events []*spillwayv1.Event) {
	s.queue = make([]item, 0, len(events))
	for _, e := range events {
		if s.recent.has(e.GetId()) {
			s.repeated.Add(1)
			continue
		}
		if e.GetId() != "" { // one without an identity cannot be told from another
			s.recent.add(e.GetId())
		}
		s.queue = append(s.queue, item{event: newEvent(e)})
	}
}
