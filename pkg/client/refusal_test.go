package client

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// TestRevokedTokens: what the gateway says with a RetryInfo is not the last word on a
// token, however new that is.
func TestRevokedTokens(t *testing.T) {
	t.Parallel()
	revoked := withRetry(codes.Unauthenticated, "tokens issued before now are revoked", 5*time.Second)
	tests := []struct {
		name  string
		first func(sender) error
	}{
		{"of a live stream", func(out sender) error { return errors.Join(send(out, subscribedAt(0)), revoked) }},
		{"of a stream that begins, and new", func(sender) error { return revoked }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var g *gateway
				start := time.Now()
				g = newGateway(t, func(n int, _ *spillwayv1.SubscribeRequest, out sender) error {
					if n == 1 {
						g.revokeAll()
						return tt.first(out)
					}
					if waited := time.Since(start); waited < 5*time.Second {
						t.Errorf("came back after %v, want 5 s", waited)
					}
					return send(out, subscribedAt(0), eventsFrom(0, 1, false))
				})
				var told []Remedy
				stream := g.client(t).Subscribe(Subscription{OnDisconnect: func(d Disconnect) { told = append(told, d.Remedy) }})
				if _, err := read(t.Context(), stream, 1); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]Remedy{RenewToken}, told); diff != "" {
					t.Errorf("remedies (-want +got):\n%s", diff)
				}
				if calls, tokens, _ := g.seen(); calls != 2 || tokens != 2 {
					t.Errorf("%d calls with %d tokens, want 2 with 2", calls, tokens)
				}
			})
		})
	}
}

// TestALimitIsWaitedFor: a gateway that has no room says when to come back.
func TestALimitIsWaitedFor(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var told []Disconnect
		g := newGateway(t, func(n int, _ *spillwayv1.SubscribeRequest, out sender) error {
			if n == 1 {
				return withRetry(codes.ResourceExhausted, "the client has 100 streams", time.Minute)
			}
			return send(out, subscribedAt(0), eventsFrom(0, 1, false))
		})
		stream := g.client(t).Subscribe(Subscription{OnDisconnect: func(d Disconnect) { told = append(told, d) }})
		if _, err := read(t.Context(), stream, 1); err != nil {
			t.Fatal(err)
		}
		if len(told) != 1 || told[0].RetryIn < time.Minute || told[0].Remedy != ComeBack {
			t.Errorf("OnDisconnect was told %v", told)
		}
		if _, tokens, _ := g.seen(); tokens != 1 {
			t.Errorf("%d tokens, want 1", tokens)
		}
	})
}

// TestShutOutInTheMidst: a live stream of a client that is shut out does not come back.
func TestShutOutInTheMidst(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, func(_ int, _ *spillwayv1.SubscribeRequest, out sender) error {
			return errors.Join(send(out, subscribedAt(0), eventsFrom(0, 1, false)), status.Error(codes.PermissionDenied, "the client is shut out"))
		})
		got, err := read(t.Context(), g.client(t).Subscribe(Subscription{}), 2)
		if status.Code(err) != codes.PermissionDenied || len(got) != 1 {
			t.Errorf("after %v: err = %v", got, err)
		}
		if calls, _, _ := g.seen(); calls != 1 {
			t.Errorf("%d calls, want 1", calls)
		}
	})
}

func TestTheFilterIsAsked(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, func(n int, _ *spillwayv1.SubscribeRequest, out sender) error {
			if err := send(out, subscribedAt(0), eventsFrom(n, n+1, false)); err != nil {
				return err
			}
			return unavailable
		})
		if _, err := read(t.Context(), g.client(t).Subscribe(Subscription{Filter: "size < 10"}), 2); err != nil {
			t.Fatal(err)
		}
		_, _, requests := g.seen()
		for _, req := range requests {
			if req.GetFilter() != "size < 10" {
				t.Errorf("filter = %q", req.GetFilter())
			}
		}
	})
}
