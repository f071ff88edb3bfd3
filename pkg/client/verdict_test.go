package client

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

func TestHonoursRetryInfo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var told []Disconnect
		g := newGateway(t, func(n int, _ *spillwayv1.SubscribeRequest, out sender) error {
			if n > 1 {
				return send(out, subscribedAt(0), eventsFrom(0, 1, false))
			}
			s, err := status.New(codes.Unavailable, "no log").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(20 * time.Second)})
			if err != nil {
				return err
			}
			return s.Err()
		})
		start := time.Now()
		stream := g.client(t).Subscribe(Subscription{OnDisconnect: func(d Disconnect) { told = append(told, d) }})
		if _, err := read(t.Context(), stream, 1); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited < 20*time.Second {
			t.Errorf("came back after %v, want at least 20 s", waited)
		}
		if len(told) != 1 || told[0].RetryIn < 20*time.Second || told[0].Err.Error() != "UNAVAILABLE: no log" {
			t.Errorf("OnDisconnect was told %v", told)
		}
	})
}

// TestAStalledStreamComesBack: the gateway ended a stream whose reader took nothing.
func TestAStalledStreamComesBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var told []Disconnect
		g := newGateway(t, func(n int, _ *spillwayv1.SubscribeRequest, out sender) error {
			if n > 1 {
				return send(out, subscribedAt(5), eventsFrom(5, 6, false))
			}
			if err := send(out, subscribedAt(0), eventsFrom(0, 5, false)); err != nil {
				return err
			}
			s, err := status.New(codes.Aborted, "the stream took nothing for 1m0s").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(3 * time.Second)})
			if err != nil {
				return err
			}
			return s.Err()
		})
		stream := g.client(t).Subscribe(Subscription{OnDisconnect: func(d Disconnect) { told = append(told, d) }})
		got, err := read(t.Context(), stream, 6)
		if diff := cmp.Diff(numbers(0, 6), got); diff != "" || err != nil {
			t.Errorf("events (-want +got), err %v:\n%s", err, diff)
		}
		if len(told) != 1 || told[0].Remedy != ComeBack || told[0].RetryIn < 3*time.Second {
			t.Errorf("OnDisconnect was told %v", told)
		}
	})
}

func TestRemedy(t *testing.T) {
	t.Parallel()
	tests := map[Remedy][]*Error{
		ComeBack: {
			{codes.Unavailable, ""}, {codes.Aborted, ""}, {codes.ResourceExhausted, "there are 1000 streams"},
			{codes.Internal, ""}, {codes.Unknown, ""}, {codes.DeadlineExceeded, ""}, {codes.Canceled, ""},
		},
		RenewToken: {{codes.Unauthenticated, ""}},
		FixRequest: {
			{codes.PermissionDenied, ""}, {codes.InvalidArgument, ""}, {codes.Unimplemented, ""}, {codes.FailedPrecondition, ""},
			{codes.ResourceExhausted, tooLargePrefix + " (5 vs. 4)"}, {codes.OutOfRange, ""},
		},
	}
	for want, errs := range tests {
		for _, err := range errs {
			if got := err.Remedy(); got != want {
				t.Errorf("%v: %s, want %s", err, got, want)
			}
		}
	}
}

func TestAsksForEventsThatItCanTake(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		max    int
		wishes Limits
		want   uint32
	}{
		{"by itself", 0, Limits{}, 16<<20 - 1<<20 - 256<<10},
		{"with small batches", 0, Limits{MaxBatchBytes: 64 << 10}, 16<<20 - 64<<10 - 256<<10},
		{"of a tiny limit", 4096, Limits{}, 2048},
		{"as it was told", 0, Limits{MaxEventBytes: 1000}, 1000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				g := newGateway(t, func(_ int, _ *spillwayv1.SubscribeRequest, out sender) error {
					gap := &spillwayv1.Gap{Reason: spillwayv1.GapReason_GAP_REASON_OVERSIZE, Events: 2}
					return send(out, subscribedAt(0), &spillwayv1.SubscribeResponse{Response: &spillwayv1.SubscribeResponse_Gap{Gap: gap}})
				})
				config := g.config()
				config.MaxMessageBytes = tt.max
				c, err := New(config)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				for _, err := range c.Subscribe(Subscription{Limits: tt.wishes}).Events(t.Context()) {
					var gap *Gap
					if !errors.As(err, &gap) || gap.Reason != GapOversize || gap.Events != 2 {
						t.Errorf("err = %v, want the gap", err)
					}
					break
				}
				_, _, requests := g.seen()
				if got := requests[0].GetLimits(); got.GetMaxEventBytes() != tt.want || got.GetMaxBatchBytes() != tt.wishes.MaxBatchBytes {
					t.Errorf("asked for %v, want max_event_bytes %d", got, tt.want)
				}
			})
		})
	}
}

func TestExpiredTokenIsRenewedOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var g *gateway
		g = newGateway(t, func(n int, req *spillwayv1.SubscribeRequest, out sender) error {
			if n == 1 {
				if err := send(out, subscribedAt(0), eventsFrom(0, 2, false)); err != nil {
					return err
				}
				g.revokeAll()
				return status.Error(codes.Unauthenticated, "the token has expired")
			}
			at, err := positionOf(req.GetCursor())
			if err != nil {
				return err
			}
			return send(out, subscribedAt(at), eventsFrom(at, at+1, false))
		})
		var told []Remedy
		got, err := read(t.Context(), g.client(t).Subscribe(Subscription{OnDisconnect: func(d Disconnect) { told = append(told, d.Remedy) }}), 3)
		if diff := cmp.Diff(numbers(0, 3), got); diff != "" || err != nil {
			t.Errorf("events (-want +got), err %v:\n%s", err, diff)
		}
		if diff := cmp.Diff([]Remedy{RenewToken}, told); diff != "" {
			t.Errorf("remedies (-want +got):\n%s", diff)
		}
		if calls, tokens, _ := g.seen(); calls != 2 || tokens != 2 {
			t.Errorf("%d calls with %d tokens, want 2 with 2", calls, tokens)
		}
	})
}

func TestCachedTokenThatWasRevokedIsRenewed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, func(_ int, _ *spillwayv1.SubscribeRequest, out sender) error {
			return send(out, subscribedAt(0), eventsFrom(0, 1, false))
		})
		c := g.client(t)
		if _, err := read(t.Context(), c.Subscribe(Subscription{}), 1); err != nil {
			t.Fatal(err)
		}
		g.revokeAll()
		if _, err := read(t.Context(), c.Subscribe(Subscription{}), 1); err != nil {
			t.Fatal(err)
		}
		if calls, tokens, _ := g.seen(); calls != 3 || tokens != 2 {
			t.Errorf("%d calls with %d tokens, want 3 with 2", calls, tokens)
		}
	})
}

func TestTokenIsSharedAndRenewedBeforeItExpires(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, func(_ int, _ *spillwayv1.SubscribeRequest, out sender) error {
			return send(out, subscribedAt(0), eventsFrom(0, 1, false))
		})
		c := g.client(t)
		for i, after := range []time.Duration{0, time.Minute, 57 * time.Minute, 2 * time.Minute} {
			if err := sleep(t.Context(), after); err != nil {
				t.Fatal(err)
			}
			if _, err := read(t.Context(), c.Subscribe(Subscription{}), 1); err != nil {
				t.Fatal(err)
			}
			want := 1
			if i == 3 { // 60 minutes in, a token of an hour is about to expire
				want = 2
			}
			if _, tokens, _ := g.seen(); tokens != want {
				t.Errorf("after stream %d: %d tokens, want %d", i, tokens, want)
			}
		}
	})
}

func TestFinalErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  error
		want codes.Code
		text string
	}{
		{"a pattern no grant covers", status.Error(codes.PermissionDenied, `pattern "weather.>" is covered by no grant`), codes.PermissionDenied,
			`subscribe weather.>: PERMISSION_DENIED: pattern "weather.>" is covered by no grant`},
		{"a request that breaks a rule", status.Error(codes.InvalidArgument, "patterns[0]: empty token"), codes.InvalidArgument,
			"subscribe weather.>: INVALID_ARGUMENT: patterns[0]: empty token"},
		{"a new token that is refused", status.Error(codes.Unauthenticated, "issuer is unknown"), codes.Unauthenticated,
			"subscribe weather.>: UNAUTHENTICATED: issuer is unknown"},
		{"no such method", status.Error(codes.Unimplemented, "unknown service"), codes.Unimplemented,
			"subscribe weather.>: UNIMPLEMENTED: unknown service"},
		{"a client that is shut out", status.Error(codes.PermissionDenied, `client "news" is shut out`), codes.PermissionDenied,
			`subscribe weather.>: PERMISSION_DENIED: client "news" is shut out`},
		{"a filter that breaks a rule", status.Error(codes.InvalidArgument, "filter: column 6: undeclared reference to 'siz'"), codes.InvalidArgument,
			"subscribe weather.>: INVALID_ARGUMENT: filter: column 6: undeclared reference to 'siz'"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				g := newGateway(t, func(int, *spillwayv1.SubscribeRequest, sender) error { return tt.err })
				_, err := read(t.Context(), g.client(t).Subscribe(Subscription{Patterns: []string{"weather.>"}}), 1)
				var answer *Error
				if !errors.As(err, &answer) || status.Code(err) != tt.want || err.Error() != tt.text {
					t.Errorf("err = %v, want %s", err, tt.text)
				}
				if calls, _, _ := g.seen(); calls != 1 {
					t.Errorf("%d calls, want 1", calls)
				}
			})
		})
	}
}

func TestTemporaryErrorsComeBack(t *testing.T) {
	t.Parallel()
	for _, code := range []codes.Code{codes.Unavailable, codes.ResourceExhausted, codes.Aborted, codes.Internal, codes.Unknown, codes.DeadlineExceeded, codes.OK} {
		t.Run(code.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				g := newGateway(t, func(n int, _ *spillwayv1.SubscribeRequest, out sender) error {
					if n <= 3 {
						return status.Error(code, "later")
					}
					return send(out, subscribedAt(0), eventsFrom(0, 1, false))
				})
				if _, err := read(t.Context(), g.client(t).Subscribe(Subscription{}), 1); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestAResponseBeyondTheLimitIsFinal(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, func(_ int, _ *spillwayv1.SubscribeRequest, out sender) error {
			return send(out, subscribedAt(0), eventsFrom(0, 1000, false))
		})
		config := g.config()
		config.MaxMessageBytes = 4096
		c, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, err = read(t.Context(), c.Subscribe(Subscription{}), 1)
		if status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "larger than max") {
			t.Errorf("err = %v", err)
		}
	})
}

func TestNotAGateway(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, func(_ int, _ *spillwayv1.SubscribeRequest, out sender) error {
			return send(out, heartbeatAt(0))
		})
		_, err := read(t.Context(), g.client(t).Subscribe(Subscription{}), 1)
		if err == nil || !strings.Contains(err.Error(), "must be Subscribed") {
			t.Errorf("err = %v", err)
		}
	})
}

// TestCalm: what is no failure does not make the next wait longer.
func TestCalm(t *testing.T) {
	t.Parallel()
	expired := &Error{codes.Unauthenticated, "the token expired"}
	away := &Error{codes.Unavailable, "away"}
	tests := []struct {
		name string
		end  ending
		want bool
	}{
		{"moved", ending{live: true, moved: true, err: away}, true},
		{"token over", ending{live: true, token: &token{}, err: expired}, true},
		{"lost", ending{live: true, err: away}, false},
		{"never live", ending{moved: true, err: away}, false},
		{"token over before it was live", ending{token: &token{}, err: expired}, false},
		{"token revoked", ending{live: true, token: &token{}, err: withRetry(codes.Unauthenticated, "revoked", time.Second)}, false},
	}
	for _, tt := range tests {
		if got := tt.end.calm(); got != tt.want {
			t.Errorf("%s: calm = %v, want %v", tt.name, got, tt.want)
		}
	}
}
