package client

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// living is a gateway whose streams live for as long as their tokens, and are renewed.
type living struct {
	*gateway
	noIDs   bool                                              // it knows of no Renew
	refuse  func(ctx context.Context) error                   // what a Subscribe is refused with
	onRenew func(ctx context.Context, id string, n int) error // what the nth Renew fails with

	mu     sync.Mutex // guards what follows
	until  map[string]time.Time
	renews []time.Time
}

func newLiving(t *testing.T) *living {
	t.Helper()
	l := &living{until: make(map[string]time.Time)}
	l.gateway = newGateway(t, l.serve)
	l.renew = l.renewed
	return l
}

func (l *living) serve(n int, _ *spillwayv1.SubscribeRequest, out sender) error {
	if l.refuse != nil {
		if err := l.refuse(out.Context()); err != nil {
			return err
		}
	}
	end, err := l.tokenEnd(out.Context())
	if err != nil {
		return err
	}
	first := subscribedAt(0)
	first.GetSubscribed().TokenExpiresAt = timestamppb.New(end)
	first.GetSubscribed().GetLimits().HeartbeatInterval = durationpb.New(5 * time.Minute)
	id := fmt.Sprint("stream-", n)
	if !l.noIDs {
		first.GetSubscribed().StreamId = id
	}
	l.mu.Lock()
	l.until[id] = end
	l.mu.Unlock()
	if err := send(out, first, eventsFrom(n, n+1, false)); err != nil {
		return err
	}
	return l.live(id, out)
}

// live sends heartbeats until the stream's token is over.
func (l *living) live(id string, out sender) error {
	for {
		left := time.Until(l.livesUntil(id))
		if left <= 0 {
			return status.Error(codes.Unauthenticated, "the token has expired")
		}
		if err := sleep(out.Context(), min(left, 5*time.Minute)); err != nil {
			return err
		}
		if err := send(out, heartbeatAt(0)); err != nil {
			return err
		}
	}
}

func (l *living) livesUntil(id string) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.until[id]
}

func (l *living) renewed(ctx context.Context, id string) (*spillwayv1.RenewResponse, error) {
	l.mu.Lock()
	l.renews = append(l.renews, time.Now())
	n := len(l.renews)
	l.mu.Unlock()
	if l.onRenew != nil {
		if err := l.onRenew(ctx, id, n); err != nil {
			return nil, err
		}
	}
	end, err := l.tokenEnd(ctx)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.until[id]; !ok {
		return nil, status.Error(codes.NotFound, "no such stream")
	}
	l.until[id] = end
	return &spillwayv1.RenewResponse{TokenExpiresAt: timestamppb.New(end)}, nil
}

// renewals returns when there were some.
func (l *living) renewals() []time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.renews
}

// withRetry is an error with a RetryInfo.
func withRetry(code codes.Code, text string, after time.Duration) error {
	s, err := status.New(code, text).WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(after)})
	if err != nil {
		return err
	}
	return s.Err()
}

// readAll reads n streams of c until ctx is done or they end, and returns why they did.
func readAll(ctx context.Context, c *Client, n int) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			for _, err := range c.Subscribe(Subscription{}).Events(ctx) {
				errs[i] = err
			}
		})
	}
	wg.Wait()
	return errs
}
