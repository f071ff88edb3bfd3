package client

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

func TestAccess(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, nil)
		expires := time.Now().Add(time.Hour).UTC()
		g.access = func(int) (*spillwayv1.GetAccessResponse, error) {
			return &spillwayv1.GetAccessResponse{
				ClientId: "news", Grants: []string{"weather.us.ny"}, TokenExpiresAt: timestamppb.New(expires),
				Retention: durationpb.New(24 * time.Hour), ServerVersion: "1.2.3",
				GrantFilters: map[string]string{"weather.us.ny": "size < 100"},
				Limits:       &spillwayv1.Limits{MaxBatchBytes: 65536, HeartbeatInterval: durationpb.New(30 * time.Second), MaxEventBytes: 1 << 23},
			}, nil
		}
		c := g.client(t)
		want := Access{
			ClientID: "news", Grants: []string{"weather.us.ny"}, TokenExpiresAt: expires, Retention: 24 * time.Hour,
			Limits: Limits{65536, 30 * time.Second, 1 << 23}, ServerVersion: "1.2.3",
			GrantFilters: map[string]string{"weather.us.ny": "size < 100"},
		}
		got, err := c.Access(t.Context())
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("access (-want +got), err %v:\n%s", err, diff)
		}
		g.revokeAll()
		if _, err := c.Access(t.Context()); err != nil {
			t.Errorf("with a revoked token in the cache: %v", err)
		}
		if calls, tokens, _ := g.seen(); calls != 3 || tokens != 2 {
			t.Errorf("%d calls with %d tokens, want 3 with 2", calls, tokens)
		}
	})
}

func TestAccessFails(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, nil)
		g.access = func(n int) (*spillwayv1.GetAccessResponse, error) {
			return nil, status.Error(codes.Unauthenticated, "issuer is unknown")
		}
		c := g.client(t)
		_, err := c.Access(t.Context())
		if status.Code(err) != codes.Unauthenticated || err.Error() != "access: UNAUTHENTICATED: issuer is unknown" {
			t.Errorf("err = %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Access(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v, want the ctx's", err)
		}
		c.Close()
		if _, err := c.Access(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("err = %v, want ErrClosed", err)
		}
	})
}

// TestAccessAfterARevocation waits as it is told, and asks once more with a new token.
func TestAccessAfterARevocation(t *testing.T) {
	t.Parallel()
	for asked, want := range map[time.Duration]codes.Code{2 * time.Second: codes.OK, time.Minute: codes.Unauthenticated} {
		t.Run(asked.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				g := newGateway(t, nil)
				g.access = func(n int) (*spillwayv1.GetAccessResponse, error) {
					if n == 1 {
						return nil, withRetry(codes.Unauthenticated, "tokens issued before now are revoked", asked)
					}
					return &spillwayv1.GetAccessResponse{}, nil
				}
				if _, err := g.client(t).Access(t.Context()); status.Code(err) != want {
					t.Errorf("err = %v, want %v", err, want)
				}
			})
		})
	}
}
