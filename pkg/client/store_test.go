package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// memoryStore keeps a Checkpoint as a database would.
type memoryStore struct {
	state Checkpoint
	saves []Progress
	load  error
	save  func(n int) error // may refuse the nth save, from 1
}

func (m *memoryStore) Load(context.Context) (Checkpoint, error) {
	return Checkpoint{m.state.Cursor, slices.Clone(m.state.Handled)}, m.load
}

func (m *memoryStore) Save(ctx context.Context, p Progress) error {
	m.saves = append(m.saves, p)
	if m.save != nil {
		if err := m.save(len(m.saves)); err != nil {
			return err
		}
	}
	if ctx.Err() == nil {
		m.state.Apply(p)
	}
	return ctx.Err()
}

// life is what one process of TestOnceOverAllProcesses does before it is killed.
type life struct {
	events int  // it handles
	saves  bool // after each, by itself
	halves bool // it is killed between an effect and the saving of it
}

// TestOnceOverAllProcesses kills a subscriber again and again, in the midst of
// responses, against gateways that cut, batch and repeat at random. Whoever saves
// with each event sees each once, but for the one whose save the kill prevented;
// nobody misses one. The gateways go back by less than the window.
func TestOnceOverAllProcesses(t *testing.T) {
	t.Parallel()
	const total = 250
	sessions := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) session {
		return session{rapid.IntRange(1, 40).Draw(rt, "batch"), rapid.IntRange(0, 6).Draw(rt, "batches"), rapid.IntRange(0, 60).Draw(rt, "again")}
	}), 1, 8)
	lives := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) life {
		return life{rapid.IntRange(1, 40).Draw(rt, "events"), rapid.Bool().Draw(rt, "saves"), rapid.Bool().Draw(rt, "halves")}
	}), 0, 12)
	rapid.Check(t, func(rt *rapid.T) {
		script, fates := sessions.Draw(rt, "sessions"), lives.Draw(rt, "lives")
		seen := make([]int, total)
		allowed := 0
		synctest.Test(t, func(t *testing.T) {
			g := newGateway(t, func(n int, req *spillwayv1.SubscribeRequest, out sender) error {
				s := session{batch: 50, batches: total}
				if n <= len(script) {
					s = script[n-1]
				}
				return s.serve(req, out, total)
			})
			c, store := g.client(t), &memoryStore{}
			for _, l := range append(fates, life{total + 1, true, false}) {
				unsaved, err := l.live(t.Context(), c, store, seen)
				if err != nil {
					t.Fatal(err)
				}
				allowed += unsaved
			}
		})
		twice := 0
		for n, times := range seen {
			if times == 0 {
				rt.Fatalf("event %d is lost", n)
			}
			twice += times - 1
		}
		if twice != allowed {
			rt.Fatalf("%d events came again, want the %d whose saving was prevented", twice, allowed)
		}
	})
}

// live handles events until it is killed, or none is left. It returns how many
// effects it left unsaved.
func (l life) live(ctx context.Context, c *Client, store *memoryStore, seen []int) (unsaved int, err error) {
	kept := *store
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute) // the gateways have come back by then
	defer cancel()
	stream := c.Subscribe(Subscription{Start: Earliest(), Store: &kept})
	for ev, err := range stream.Events(ctx) {
		if errors.Is(err, context.DeadlineExceeded) {
			break // there is nothing more
		}
		if err != nil {
			return 0, err
		}
		var n int
		if _, err := fmt.Sscan(string(ev.Data), &n); err != nil {
			return 0, err
		}
		seen[n]++
		l.events--
		killed := l.events == 0
		if killed && l.halves {
			store.state = Checkpoint{kept.state.Cursor, slices.Clone(kept.state.Handled)} // leaving the loop saves into kept
			return 1 + len(stream.keeper.handled), nil
		}
		stream.Handled()
		if l.saves || killed {
			if err := stream.Save(ctx); err != nil {
				return 0, err
			}
		}
		if killed {
			break
		}
	}
	store.state = kept.state
	return 0, nil
}

// oneGateway serves the events from the cursor, or 0, up to before to in responses
// of batch, and stays.
func oneGateway(t *testing.T, batch, to int) *gateway {
	t.Helper()
	return newGateway(t, func(_ int, req *spillwayv1.SubscribeRequest, out sender) error {
		return session{batch: batch, batches: to}.serve(req, out, to)
	})
}

// TestSavesInBatches: not for every event while more wait, and at once when none
// does; what was saved is told once.
func TestSavesInBatches(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const total = 1000
		store := &memoryStore{}
		stream := oneGateway(t, 600, total).client(t).Subscribe(Subscription{Start: Earliest(), Store: store, DedupWindow: 50})
		var saved []int // the number of events saved when an event is handled
		for ev, err := range stream.Events(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			handled := 0
			for _, p := range store.saves {
				handled += len(p.Handled)
			}
			if saved = append(saved, handled); len(saved) == total {
				break
			}
			if ev.Data[0] == '8' && len(ev.Data) == 3 { // 800 to 899 are slow
				if err := sleep(t.Context(), saveAfter); err != nil {
					t.Fatal(err)
				}
			}
		}
		want := make([]int, total)
		for n := range want {
			switch {
			case n < 256:
				want[n] = 0
			case n < 512:
				want[n] = 256
			case n < 600:
				want[n] = 512
			case n < 801: // the first response is done; 256 more are not, when the slow ones begin
				want[n] = 600
			case n <= 900:
				want[n] = n
			default:
				want[n] = 900
			}
		}
		if diff := cmp.Diff(want, saved); diff != "" {
			t.Errorf("saved when handling (-want +got):\n%s", diff)
		}
		at, err := positionOf(store.state.Cursor.message())
		if at != 600 || err != nil {
			t.Errorf("the cursor is saved at %d (%v), want 600: the last event may have failed", at, err)
		}
		last := store.saves[len(store.saves)-1]
		if last.Keep != 50+399 || len(store.state.Handled) != last.Keep {
			t.Errorf("%d ids are kept, want the 399 since the cursor and 50", len(store.state.Handled))
		}
		n := len(store.saves)
		stream.Handled()
		for range 2 {
			if err := stream.Save(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if at, err := positionOf(store.state.Cursor.message()); at != total || err != nil || len(store.saves) != n+1 || len(store.state.Handled) != 50 {
			t.Errorf("after Handled and Save, twice: at %d (%v) with %d saves of %d ids", at, err, len(store.saves)-n, len(store.state.Handled))
		}
	})
}

// TestThePlaceOfTheFirstSubscriptionIsSaved: a process that dies before its first
// event must not begin at another Latest.
func TestThePlaceOfTheFirstSubscriptionIsSaved(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := &memoryStore{}
		g := newGateway(t, func(_ int, _ *spillwayv1.SubscribeRequest, out sender) error {
			if err := send(out, subscribedAt(142), heartbeatAt(142), heartbeatAt(143)); err != nil {
				return err
			}
			return untilGone(out)
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := read(ctx, g.client(t).Subscribe(Subscription{Store: store}), 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		var saved []int
		for _, p := range store.saves {
			at, err := positionOf(p.Cursor.message())
			if err != nil || len(p.Handled) > 0 {
				t.Errorf("saved %v: %v", p, err)
			}
			saved = append(saved, at)
		}
		if diff := cmp.Diff([]int{142, 143}, saved); diff != "" {
			t.Errorf("cursors saved (-want +got):\n%s", diff)
		}
	})
}

func TestStoreFails(t *testing.T) {
	t.Parallel()
	broken := status.Error(codes.Unavailable, "the database is away") // not the gateway's answer
	tests := []struct {
		name  string
		store *memoryStore
		got   []string
		text  string
	}{
		{"load", &memoryStore{load: broken}, nil, "subscribe weather.>: load the position: "},
		{"the first save", &memoryStore{save: func(int) error { return broken }}, nil, "subscribe weather.>: save the position: "},
		{"a later one", &memoryStore{save: func(n int) error {
			if n > 1 {
				return broken
			}
			return nil
		}}, numbers(0, 5), "subscribe weather.>: save the position: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				g := oneGateway(t, 5, 100)
				got, err := read(t.Context(), g.client(t).Subscribe(Subscription{Patterns: []string{"weather.>"}, Start: Earliest(), Store: tt.store}), 100)
				if diff := cmp.Diff(tt.got, got); diff != "" {
					t.Errorf("events (-want +got):\n%s", diff)
				}
				if !errors.Is(err, broken) || err.Error() != tt.text+broken.Error() {
					t.Errorf("err = %v, want %s and the store's", err, tt.text)
				}
				if calls, _, _ := g.seen(); calls > 1 {
					t.Errorf("%d calls: the store's error was taken for the gateway's", calls)
				}
			})
		})
	}
}

// TestSavesWhereTheCtxIsDone: what was handled is saved, and a failure is told.
func TestSavesWhereTheCtxIsDone(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is full")
	for _, refusal := range []error{nil, broken} {
		t.Run(fmt.Sprint(refusal), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				store := &memoryStore{save: func(n int) error {
					if n > 2 { // of the place, of 0 to 4 with a ctx that is done, and on leaving
						return refusal
					}
					return nil
				}}
				n := 0
				var end error
				for _, err := range oneGateway(t, 5, 100).client(t).Subscribe(Subscription{Start: Earliest(), Store: store}).Events(ctx) {
					if err != nil {
						end = err
						break
					}
					if n++; n == 5 {
						cancel()
					}
				}
				if !errors.Is(end, context.Canceled) || refusal != nil && !errors.Is(end, refusal) {
					t.Errorf("err = %v", end)
				}
				want := 5
				if refusal != nil {
					want = 0
				}
				if len(store.state.Handled) != want {
					t.Errorf("saved %d events, want %d", len(store.state.Handled), want)
				}
			})
		})
	}
}

func TestCursorRefused(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, func(int, *spillwayv1.SubscribeRequest, sender) error {
			return status.Error(codes.InvalidArgument, "cursor: it is another client's")
		})
		store := &memoryStore{state: Checkpoint{Cursor: newCursor(cursorAt(142, true))}}
		_, err := read(t.Context(), g.client(t).Subscribe(Subscription{Store: store}), 1)
		var answer *Error
		if !errors.Is(err, ErrCursorRefused) || !errors.As(err, &answer) || answer.Remedy() != FixRequest ||
			!strings.HasPrefix(err.Error(), "subscribe: INVALID_ARGUMENT: cursor: it is another client's; this position is of no use any more") {
			t.Errorf("err = %v", err)
		}
		if _, _, requests := g.seen(); len(requests) != 1 || requests[0].GetCursor() == nil {
			t.Errorf("requests = %v", requests)
		}
	})
}

func TestCountsRepetitions(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, func(_ int, _ *spillwayv1.SubscribeRequest, out sender) error {
			return send(out, subscribedAt(0), eventsFrom(0, 5, true), eventsFrom(2, 6, true))
		})
		stream := g.client(t).Subscribe(Subscription{})
		got, err := read(t.Context(), stream, 6)
		if diff := cmp.Diff(numbers(0, 6), got); diff != "" || err != nil || stream.Repeated() != 3 {
			t.Errorf("%d repeated, want 3; err %v (-want +got):\n%s", stream.Repeated(), err, diff)
		}
	})
}
