package client

import (
	"testing"
	"time"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

func TestWatchdog(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		first   []*spillwayv1.SubscribeResponse
		silence time.Duration // from the start to the second call, at least
	}{
		{"no first response", nil, 30 * time.Second},
		{"no heartbeat", []*spillwayv1.SubscribeResponse{subscribedAt(0)}, 30 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				start := time.Now()
				g := newGateway(t, func(n int, _ *spillwayv1.SubscribeRequest, out sender) error {
					if n == 1 {
						if err := send(out, tt.first...); err != nil {
							return err
						}
						return untilGone(out)
					}
					return send(out, subscribedAt(0), eventsFrom(0, 1, false))
				})
				if _, err := read(t.Context(), g.client(t).Subscribe(Subscription{}), 1); err != nil {
					t.Fatal(err)
				}
				if waited := time.Since(start); waited < tt.silence || waited > tt.silence+time.Second {
					t.Errorf("came back after %v, want %v", waited, tt.silence)
				}
				if dials := g.dials.Load(); dials != 2 {
					t.Errorf("%d connections, want 2", dials)
				}
			})
		})
	}
}

func TestWatchdogSleepsWhileTheApplicationWorks(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, func(_ int, _ *spillwayv1.SubscribeRequest, out sender) error {
			if err := send(out, subscribedAt(0), eventsFrom(0, 2, false)); err != nil {
				return err
			}
			for n := range 12 {
				if err := sleep(out.Context(), 10*time.Second); err != nil {
					return err
				}
				if err := send(out, heartbeatAt(2+n)); err != nil {
					return err
				}
			}
			return send(out, eventsFrom(20, 21, true))
		})
		n := 0
		for _, err := range g.client(t).Subscribe(Subscription{}).Events(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == 3 {
				break
			}
			if err := sleep(t.Context(), 50*time.Second); err != nil { // longer than three heartbeats
				t.Fatal(err)
			}
		}
		if calls, _, _ := g.seen(); calls != 1 {
			t.Errorf("%d calls, want 1", calls)
		}
	})
}
