package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// ending is how an attempt to subscribe ended.
type ending struct {
	err     error         // why; nil if stopped
	stopped bool          // the loop's body broke off
	unsaved error         // the store's
	live    bool          // it was subscribed
	lived   time.Duration // for how long
	moved   bool          // a Drain came
	drained time.Duration // what it left to wait when the stream ended
	token   *token        // what it was tried with, or renewed with; nil if there was none
}

// attempt subscribes once and yields until the stream ends.
func (s *Stream) attempt(ctx context.Context, yield func(*Event, error) bool) ending {
	conn, err := s.client.conns.acquire()
	if err != nil {
		return ending{err: err}
	}
	defer s.client.conns.release(conn)
	token, err := s.client.tokens.get(ctx)
	if err != nil {
		return ending{err: err}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	c := call{stream: s, yield: yield, dog: newWatchdog(cancel), renewal: s.newRenewal(conn, token)}
	defer c.stop(cancel) // also where the loop's body panics
	c.run(ctx, func() (responses, error) {
		return conn.stub.Subscribe(ctx, s.sub.request(s.pos.message()), s.client.callOption(token))
	})
	c.stop(cancel)
	c.end.token = c.renewal.token
	c.end.err = s.client.explain(c.end.err)
	if c.end.verdict() == comeBack {
		s.client.conns.retire(conn)
	}
	return c.end
}

func (s *Stream) newRenewal(conn *connection, t *token) *renewal {
	return &renewal{tokens: s.client.tokens, stub: conn.stub, option: s.client.callOption, times: &s.renewed, token: t}
}

// responses is what a call receives.
type responses interface {
	Recv() (*spillwayv1.SubscribeResponse, error)
}

// call is the receiving side of one Subscribe.
type call struct {
	stream    *Stream
	yield     func(*Event, error) bool
	dog       *watchdog
	renewal   *renewal
	end       ending
	liveSince time.Time
	drainedBy time.Time // when to come back, after a Drain
}

// stop ends what runs beside the call, and waits for it.
func (c *call) stop(cancel context.CancelCauseFunc) {
	c.dog.sleep()
	cancel(nil)
	c.renewal.wait()
}

// run receives until the stream ends or the loop's body breaks off.
func (c *call) run(ctx context.Context, open func() (responses, error)) {
	c.stream.pos.begin()
	rpc, err := open()
	for err == nil && !c.end.stopped && c.end.unsaved == nil {
		var resp *spillwayv1.SubscribeResponse
		if resp, err = rpc.Recv(); err != nil {
			break
		}
		c.dog.sleep()
		err = c.handle(ctx, resp)
		c.dog.wake()
	}
	c.end.err = reason(ctx, err)
	if c.end.live {
		c.end.lived = time.Since(c.liveSince)
	}
	if !c.drainedBy.IsZero() {
		c.end.moved, c.end.drained = true, time.Until(c.drainedBy)
	}
}

// reason replaces what gRPC says about a cancelled call by why it was cancelled.
func reason(ctx context.Context, err error) error {
	switch {
	case err != nil && errors.Is(context.Cause(ctx), errSilent):
		return &Error{codes.Unavailable, errSilent.Error()}
	case errors.Is(err, io.EOF):
		return &Error{codes.Unavailable, "the gateway ended the stream"}
	}
	return err
}

// handle takes one response. An error ends the stream for good.
func (c *call) handle(ctx context.Context, resp *spillwayv1.SubscribeResponse) error {
	s := c.stream
	if subscribed := resp.GetSubscribed(); subscribed != nil {
		c.subscribed(ctx, subscribed, resp.GetCursor())
		c.end.unsaved = s.saveIfDue(ctx)
		return nil
	}
	if !c.end.live {
		return &Error{codes.Unimplemented, fmt.Sprintf("the endpoint is no Spillway gateway: its first response is %T, must be Subscribed", resp.GetResponse())}
	}
	switch r := resp.GetResponse().(type) {
	case *spillwayv1.SubscribeResponse_Events:
		s.enqueue(r.Events.GetEvents())
	case *spillwayv1.SubscribeResponse_Gap:
		s.queue = append(s.queue, item{gap: newGap(r.Gap)})
	case *spillwayv1.SubscribeResponse_Drain:
		c.drainedBy = time.Now().Add(r.Drain.GetReconnectAfter().AsDuration())
	}
	s.after = resp.GetCursor()
	c.end.stopped, c.end.unsaved = s.deliver(ctx, c.yield)
	return nil
}

func (c *call) subscribed(ctx context.Context, r *spillwayv1.Subscribed, cursor *spillwayv1.Cursor) {
	s := c.stream
	resumed := s.pos.message() != nil
	s.pos.advance(cursor)
	s.keeper.moved = true // a process that dies now must not begin at another Latest
	expires := knownTime(r.GetTokenExpiresAt())
	if !c.end.live {
		c.end.live, c.liveSince = true, time.Now()
		s.client.reached.Store(true)
		s.client.tokens.accepted(c.renewal.token)
		c.renewal.start(ctx, r.GetStreamId(), expires)
	}
	c.dog.expect(r.GetLimits().GetHeartbeatInterval().AsDuration())
	if s.sub.OnSubscribed != nil {
		s.sub.OnSubscribed(Subscribed{Patterns: r.GetPatterns(), Limits: newLimits(r.GetLimits()), Resumed: resumed, TokenExpiresAt: expires})
	}
}
