package e2e

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/client"
)

// subscriber collects what a subscription gets of the stack's own, in the background.
type subscriber struct {
	stack  Stack
	stream *client.Stream
	live   chan struct{}
	events chan received
	ended  chan error
}

type received struct {
	event *client.Event
	at    time.Time
}

// subscribe starts a subscription and returns once it is live.
func subscribe(t *testing.T, s Stack, customer string, sub client.Subscription) *subscriber {
	t.Helper()
	return subscribeWith(t, s, s.Client(t, customer), sub)
}

// subscribeWith is subscribe for a client of any configuration.
func subscribeWith(t *testing.T, s Stack, cfg client.Config, sub client.Subscription) *subscriber {
	t.Helper()
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	out := &subscriber{stack: s, live: make(chan struct{}, 1), events: make(chan received, 10_000), ended: make(chan error, 1)}
	sub.OnSubscribed = func(client.Subscribed) {
		select {
		case out.live <- struct{}{}:
		default:
		}
	}
	out.stream = c.Subscribe(sub)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { out.ended <- out.collect(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-out.ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("subscription of %s: %v", cfg.Credentials, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	out.awaitLive(t)
	return out
}

// awaitLive waits until it is live, for the first time or again.
func (s *subscriber) awaitLive(t *testing.T) {
	t.Helper()
	select {
	case <-s.live:
	case err := <-s.ended:
		s.ended <- nil
		t.Fatalf("the subscription ended before it was live: %v", err)
	case <-time.After(patience):
		t.Fatalf("the subscription is not live within %s", patience)
	}
}

// end waits until it has ended, and returns why.
func (s *subscriber) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-s.ended:
		s.ended <- nil
		return err
	case <-time.After(patience):
		t.Fatalf("the subscription has not ended within %s", patience)
	}
	return nil
}

func (s *subscriber) collect(ctx context.Context) error {
	for ev, err := range s.stream.Events(ctx) {
		if err != nil {
			return err // a gap is an error, too: nothing may be missing here
		}
		if all := s.stack.Own(""); !strings.HasSuffix(ev.Topic, all) && !strings.HasSuffix(ev.PartitionKey, all) {
			continue // somebody else's
		}
		select {
		case s.events <- received{ev, time.Now()}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// take waits for n events.
func (s *subscriber) take(t *testing.T, n int) []*client.Event {
	t.Helper()
	deadline := time.After(patience)
	got := make([]*client.Event, 0, n)
	defer func() {
		if len(got) < n {
			t.Logf("got %d of %d events", len(got), n)
		}
	}()
	for len(got) < n {
		ev, _ := s.next(t, deadline)
		got = append(got, ev)
	}
	return got
}

// next waits for an event and returns when it came, too.
func (s *subscriber) next(t *testing.T, deadline <-chan time.Time) (*client.Event, time.Time) {
	t.Helper()
	select {
	case r := <-s.events:
		return r.event, r.at
	case err := <-s.ended:
		s.ended <- nil
		t.Fatalf("the subscription ended before the next event: %v", err)
	case <-deadline:
		t.Fatalf("no further event within %s", patience)
	}
	return nil, time.Time{}
}

// nothing checks that no event is waiting. Call it when something that was put
// later has arrived elsewhere.
func (s *subscriber) nothing(t *testing.T) {
	t.Helper()
	select {
	case r := <-s.events:
		t.Errorf("got an event of %s that nobody put: %.200s", r.event.Topic, r.event.Data)
	default:
	}
}
