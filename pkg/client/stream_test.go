package client

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// read ranges over stream until it has n events or an error, and returns what it
// saw as text: the events' data, and gaps.
func read(ctx context.Context, stream *Stream, n int) (got []string, err error) {
	for ev, err := range stream.Events(ctx) {
		var gap *Gap
		switch {
		case errors.As(err, &gap):
			got = append(got, "gap "+string(gap.Reason))
		case err != nil:
			return got, err
		default:
			got = append(got, string(ev.Data))
		}
		if len(got) == n {
			break
		}
	}
	return got, nil
}

func numbers(from, to int) []string {
	var s []string
	for n := from; n < to; n++ {
		s = append(s, fmt.Sprint(n))
	}
	return s
}

// inBubble runs test with fake time; it fails if a goroutine outlives it.
func inBubble(t *testing.T, test func(*testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, test)
}

func TestResumesFromTheMergedCursor(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, func(n int, req *spillwayv1.SubscribeRequest, out sender) error {
			if n == 1 {
				// The last cursors have a step only; the base stays.
				if err := send(out, subscribedAt(200), eventsFrom(200, 203, false), eventsFrom(203, 205, false), heartbeatAt(207)); err != nil {
					return err
				}
				return unavailable
			}
			at, err := positionOf(req.GetCursor())
			if err != nil {
				return err
			}
			if err := send(out, subscribedAt(at), eventsFrom(at-1, at+3, false)); err != nil { // one comes again
				return err
			}
			return untilGone(out)
		})
		stream := g.client(t).Subscribe(Subscription{Patterns: []string{"weather.>"}, Start: Earliest()})
		got, err := read(t.Context(), stream, 8)
		want := append(numbers(200, 205), "206", "207", "208")
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("events (-want +got), err %v:\n%s", err, diff)
		}
		_, tokens, requests := g.seen()
		if len(requests) != 2 || tokens != 1 {
			t.Fatalf("%d requests with %d tokens, want 2 with 1", len(requests), tokens)
		}
		if at, err := positionOf(requests[1].GetCursor()); at != 207 || err != nil {
			t.Errorf("resumed at %d (%v), want 207", at, err)
		}
		if requests[0].GetOrigin() != spillwayv1.Origin_ORIGIN_EARLIEST {
			t.Errorf("started at %v", requests[0].GetStart())
		}
	})
}

// session is how one call of TestNothingLostNothingTwice goes.
type session struct{ batch, batches, again int }

// TestNothingLostNothingTwice cuts, batches and repeats at random.
func TestNothingLostNothingTwice(t *testing.T) {
	t.Parallel()
	const total = 250
	sessions := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) session {
		return session{rapid.IntRange(1, 40).Draw(rt, "batch"), rapid.IntRange(0, 6).Draw(rt, "batches"), rapid.IntRange(0, 60).Draw(rt, "again")}
	}), 1, 8)
	rapid.Check(t, func(rt *rapid.T) {
		script, breakAt := sessions.Draw(rt, "sessions"), rapid.IntRange(1, total-1).Draw(rt, "break at")
		var got []string
		var err error
		synctest.Test(t, func(t *testing.T) {
			g := newGateway(t, func(n int, req *spillwayv1.SubscribeRequest, out sender) error {
				s := session{batch: 50, batches: total}
				if n <= len(script) {
					s = script[n-1]
				}
				return s.serve(req, out, total)
			})
			stream := g.client(t).Subscribe(Subscription{Start: Earliest()})
			if got, err = read(t.Context(), stream, breakAt); err != nil {
				return
			}
			var more []string
			more, err = read(t.Context(), stream, total-breakAt)
			got = append(got, more...)
		})
		if diff := cmp.Diff(numbers(0, total), got); diff != "" || err != nil {
			rt.Fatalf("events (-want +got), err %v:\n%s", err, diff)
		}
	})
}

// serve sends the events from a little before the request's cursor on.
func (s session) serve(req *spillwayv1.SubscribeRequest, out sender, total int) error {
	at := 0
	if req.GetCursor() != nil {
		var err error
		if at, err = positionOf(req.GetCursor()); err != nil {
			return err
		}
	}
	at = max(0, at-s.again)
	if err := out.Send(subscribedAt(at)); err != nil {
		return err
	}
	for range s.batches {
		to := min(at+s.batch, total)
		if at == to {
			return untilGone(out)
		}
		if err := out.Send(eventsFrom(at, to, at/100 != to/100)); err != nil {
			return err
		}
		at = to
	}
	return unavailable
}

func TestCursorNeverRunsAheadOfTheWork(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, func(_ int, _ *spillwayv1.SubscribeRequest, out sender) error {
			if err := send(out, subscribedAt(0), eventsFrom(0, 2, true), eventsFrom(2, 3, true)); err != nil {
				return err
			}
			return untilGone(out)
		})
		stream := g.client(t).Subscribe(Subscription{})
		if !stream.Cursor().IsZero() {
			t.Error("there is a cursor before the stream is live")
		}
		var positions []int
		for _, err := range stream.Events(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			at, err := positionOf(stream.Cursor().message())
			if err != nil {
				t.Fatal(err)
			}
			if positions = append(positions, at); len(positions) == 3 {
				break
			}
		}
		if diff := cmp.Diff([]int{0, 0, 2}, positions); diff != "" {
			t.Errorf("positions while handling (-want +got):\n%s", diff)
		}
		if at, err := positionOf(stream.Cursor().message()); at != 2 || err != nil {
			t.Errorf("position after leaving the loop = %d (%v), want 2: the last event may have failed", at, err)
		}
		stream.Handled()
		if at, err := positionOf(stream.Cursor().message()); at != 3 || err != nil {
			t.Errorf("position after Handled = %d (%v), want 3", at, err)
		}
	})
}

// TestLeavingTheLoop: the event on which the loop is left does not come again on
// the same stream, and does on one that starts after the cursor.
func TestLeavingTheLoop(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, func(_ int, req *spillwayv1.SubscribeRequest, out sender) error {
			at := 0
			if req.GetCursor() != nil {
				var err error
				if at, err = positionOf(req.GetCursor()); err != nil {
					return err
				}
			}
			if err := send(out, subscribedAt(at), eventsFrom(at, at+1, true), eventsFrom(at+1, at+2, true)); err != nil {
				return err
			}
			return untilGone(out)
		})
		c := g.client(t)
		stream := c.Subscribe(Subscription{})
		if _, err := read(t.Context(), stream, 2); err != nil {
			t.Fatal(err)
		}
		left := stream.Cursor()
		same, err := read(t.Context(), stream, 1)
		if diff := cmp.Diff(numbers(2, 3), same); diff != "" || err != nil {
			t.Errorf("the same stream (-want +got), err %v:\n%s", err, diff)
		}
		other, err := read(t.Context(), c.Subscribe(Subscription{Start: After(left)}), 2)
		if diff := cmp.Diff(numbers(1, 3), other); diff != "" || err != nil {
			t.Errorf("another one after the cursor (-want +got), err %v:\n%s", err, diff)
		}
	})
}

func TestStartsAfterAKeptCursor(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, func(_ int, _ *spillwayv1.SubscribeRequest, out sender) error {
			return send(out, subscribedAt(42), eventsFrom(42, 43, false))
		})
		kept, err := ParseCursor(newCursor(cursorAt(142, true)).String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := read(t.Context(), g.client(t).Subscribe(Subscription{Start: After(kept)}), 1); err != nil {
			t.Fatal(err)
		}
		_, _, requests := g.seen()
		if at, err := positionOf(requests[0].GetCursor()); at != 142 || err != nil {
			t.Errorf("asked for %d (%v), want 142", at, err)
		}
	})
}

func TestDrainComesBackOnANewConnection(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var ended time.Time
		g := newGateway(t, func(n int, _ *spillwayv1.SubscribeRequest, out sender) error {
			if n > 1 {
				if waited := time.Since(ended); waited < 5*time.Second || waited > 6*time.Second {
					t.Errorf("came back after %v, want 5 s and at most the first back-off", waited)
				}
				return send(out, subscribedAt(2), eventsFrom(2, 3, false))
			}
			ended = time.Now()
			if err := send(out, subscribedAt(0), drainFor(5*time.Second), eventsFrom(0, 2, false)); err != nil {
				return err
			}
			return unavailable
		})
		got, err := read(t.Context(), g.client(t).Subscribe(Subscription{}), 3)
		if diff := cmp.Diff(numbers(0, 3), got); diff != "" || err != nil {
			t.Errorf("events (-want +got), err %v:\n%s", err, diff)
		}
		if dials := g.dials.Load(); dials != 2 {
			t.Errorf("%d connections, want 2", dials)
		}
	})
}

func TestCancel(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, func(_ int, _ *spillwayv1.SubscribeRequest, out sender) error {
			if err := send(out, subscribedAt(0)); err != nil {
				return err
			}
			return untilGone(out)
		})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := read(ctx, g.client(t).Subscribe(Subscription{}), 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v, want the ctx's", err)
		}
	})
}

// TestTheGatewaysDeadlineIsTheCtxs: a gateway ends the call a moment before the ctx
// is done, which is no disconnection.
func TestTheGatewaysDeadlineIsTheCtxs(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, func(_ int, _ *spillwayv1.SubscribeRequest, out sender) error {
			if err := send(out, subscribedAt(0)); err != nil {
				return err
			}
			if err := sleep(out.Context(), 4900*time.Millisecond); err != nil {
				return err
			}
			return status.Error(codes.DeadlineExceeded, "context deadline exceeded")
		})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := read(ctx, g.client(t).Subscribe(Subscription{OnDisconnect: func(d Disconnect) {
			t.Errorf("disconnected: %v", d.Err)
		}}), 1)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v, want the ctx's", err)
		}
		if calls, _, _ := g.seen(); calls != 1 {
			t.Errorf("%d calls, want 1", calls)
		}
	})
}

func TestCancelDuringTheWait(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, func(int, *spillwayv1.SubscribeRequest, sender) error { return unavailable })
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := read(ctx, g.client(t).Subscribe(Subscription{}), 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v, want the ctx's", err)
		}
		if calls, _, _ := g.seen(); calls < 4 || calls > 40 {
			t.Errorf("%d calls in a minute: no back-off that grows", calls)
		}
	})
}

func TestCloseEndsTheStreams(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, func(_ int, _ *spillwayv1.SubscribeRequest, out sender) error {
			if err := send(out, subscribedAt(0)); err != nil {
				return err
			}
			return untilGone(out)
		})
		c := g.client(t)
		stream := c.Subscribe(Subscription{OnSubscribed: func(Subscribed) { c.Close() }})
		if _, err := read(t.Context(), stream, 1); !errors.Is(err, ErrClosed) {
			t.Errorf("err = %v, want ErrClosed", err)
		}
		if _, err := read(t.Context(), stream, 1); !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: err = %v, want ErrClosed", err)
		}
	})
}

func TestOneLoopAtATime(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, func(_ int, _ *spillwayv1.SubscribeRequest, out sender) error {
			if err := send(out, subscribedAt(0), eventsFrom(0, 1, false)); err != nil {
				return err
			}
			return untilGone(out)
		})
		stream := g.client(t).Subscribe(Subscription{})
		for _, err := range stream.Events(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if _, err := read(t.Context(), stream, 1); !errors.Is(err, ErrBusy) {
				t.Errorf("err = %v, want ErrBusy", err)
			}
			break
		}
	})
}

func TestToldOfItsCourse(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var course []string
		g := newGateway(t, func(n int, _ *spillwayv1.SubscribeRequest, out sender) error {
			if err := send(out, subscribedAt(0)); err != nil || n == 1 {
				return unavailable
			}
			return send(out, eventsFrom(0, 1, false))
		})
		stream := g.client(t).Subscribe(Subscription{
			OnSubscribed: func(s Subscribed) { course = append(course, fmt.Sprint("subscribed ", s.Patterns, s.Resumed)) },
			OnDisconnect: func(d Disconnect) { course = append(course, d.Err.Error()) },
		})
		if _, err := read(t.Context(), stream, 1); err != nil {
			t.Fatal(err)
		}
		want := []string{"subscribed [weather.>] false", "UNAVAILABLE: the gateway is stopping", "subscribed [weather.>] true"}
		if diff := cmp.Diff(want, course); diff != "" {
			t.Errorf("course (-want +got):\n%s", diff)
		}
	})
}
