package client

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// readFor ranges over stream for d, and returns what ended it.
func readFor(t *testing.T, stream *Stream, d time.Duration) (err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	for _, err = range stream.Events(ctx) {
	}
	return err
}

// TestRenewsWhileTheApplicationWorks: a loop body that takes longer than three tokens
// live does not cost the stream.
func TestRenewsWhileTheApplicationWorks(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLiving(t)
		var until time.Time
		stream := l.client(t).Subscribe(Subscription{
			OnSubscribed: func(s Subscribed) { until = s.TokenExpiresAt },
			OnDisconnect: func(d Disconnect) { t.Errorf("disconnected: %v", d.Err) },
		})
		start := time.Now()
		for _, err := range stream.Events(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if err := sleep(t.Context(), 3*time.Hour); err != nil {
				t.Fatal(err)
			}
			break
		}
		if calls, tokens, _ := l.seen(); calls != 1 || tokens < 4 || tokens > 5 || l.dials.Load() != 1 {
			t.Errorf("%d streams, %d tokens, %d connections, want 1, 4 or 5, and 1", calls, tokens, l.dials.Load())
		}
		if n := stream.Renewed(); n != int64(len(l.renewals())) || n < 3 {
			t.Errorf("Renewed = %d, the gateway renewed %d times", n, len(l.renewals()))
		}
		if !until.Equal(start.Add(time.Hour)) {
			t.Errorf("TokenExpiresAt = %v after the start, want an hour", until.Sub(start))
		}
	})
}

// TestRenewalsAreSpread: many streams of one token do not call at once, neither
// when they were all opened with the token, nor when they came back late in its life.
func TestRenewalsAreSpread(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ opened, from, to time.Duration }{
		"opened together":      {0, 42 * time.Minute, 48 * time.Minute},
		"come back in the end": {50 * time.Minute, 50 * time.Minute, 55 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				const streams = 250
				l, start := newLiving(t), time.Now()
				c := l.client(t)
				if _, err := c.tokens.get(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := sleep(t.Context(), tt.opened); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 61*time.Minute-tt.opened)
				defer cancel()
				readAll(ctx, c, streams)
				var at []time.Duration
				perSecond := make(map[int]int)
				for _, renewal := range l.renewals() {
					at = append(at, renewal.Sub(start))
					perSecond[int(renewal.Sub(start).Seconds())]++
				}
				if len(at) != streams || slices.Min(at) < tt.from || slices.Max(at) > tt.to {
					t.Errorf("%d renewals from %v to %v, want %d from %v to %v", len(at), slices.Min(at), slices.Max(at), streams, tt.from, tt.to)
				}
				for second, n := range perSecond {
					if n > 10 { // not one in the mean
						t.Errorf("%d renewals in second %d", n, second)
					}
				}
				if n := l.tokenRequests(); n != 2 {
					t.Errorf("%d token requests, want 2", n)
				}
			})
		})
	}
}

func TestWhenARenewalFails(t *testing.T) {
	t.Parallel()
	always := func(err error) func(context.Context, string, int) error {
		return func(context.Context, string, int) error { return err }
	}
	type span struct{ from, to int }
	tests := []struct {
		name    string
		onRenew func(context.Context, string, int) error
		renews  span // in the first token's life
		resumed bool
	}{
		{"there is no such stream", always(status.Error(codes.NotFound, "no such stream")), span{1, 1}, true},
		{"the new token grants less", always(status.Error(codes.PermissionDenied, "the token does not grant it")), span{1, 1}, true},
		{"the new token is refused", always(status.Error(codes.Unauthenticated, "the token is not valid")), span{1, 1}, true},
		{"the gateway is an old one", always(status.Error(codes.Unimplemented, "unknown method")), span{1, 1}, true},
		{"it is unavailable to the end", always(status.Error(codes.Unavailable, "later")), span{30, 150}, true},
		{"it does not answer", func(ctx context.Context, _ string, _ int) error { <-ctx.Done(); return ctx.Err() }, span{20, 80}, true},
		{"it is unavailable for a while", func(_ context.Context, _ string, n int) error {
			if n < 10 {
				return status.Error(codes.Unavailable, "later")
			}
			return nil
		}, span{10, 10}, false},
		{"it asks for patience", func(_ context.Context, _ string, n int) error {
			if n < 3 {
				return withRetry(codes.ResourceExhausted, "too many calls", time.Minute)
			}
			return nil
		}, span{3, 3}, false},
		{"it asks for more than is left", always(withRetry(codes.Unavailable, "later", 20*time.Minute)), span{3, 4}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				l, start := newLiving(t), time.Now()
				l.onRenew = tt.onRenew
				var ends []error
				stream := l.client(t).Subscribe(Subscription{OnDisconnect: func(d Disconnect) { ends = append(ends, d.Err) }})
				if err := readFor(t, stream, time.Hour+time.Minute); !errors.Is(err, context.DeadlineExceeded) {
					t.Fatal(err)
				}
				renews := 0
				for _, at := range l.renewals() {
					if at.Before(start.Add(time.Hour)) {
						renews++
					}
				}
				if renews < tt.renews.from || renews > tt.renews.to {
					t.Errorf("%d renewals, want %+v", renews, tt.renews)
				}
				if (len(ends) == 1) != tt.resumed || tt.resumed && status.Code(ends[0]) != codes.Unauthenticated {
					t.Errorf("disconnected by %v, want it: %v", ends, tt.resumed)
				}
				if n := l.tokenRequests(); n != 2 {
					t.Errorf("%d token requests, want 2: the newer token is held for when the stream comes back", n)
				}
			})
		})
	}
}

// TestLeavingWaitsForNoRenewal: whatever a renewal waits for ends with the loop.
func TestLeavingWaitsForNoRenewal(t *testing.T) {
	t.Parallel()
	hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	for name, set := range map[string]func(*living, *Config){
		"the gateway hangs": func(l *living, _ *Config) {
			l.onRenew = func(ctx context.Context, _ string, _ int) error { return hang(ctx) }
		},
		"the issuer is unheard of": func(_ *living, c *Config) {
			c.Credentials.HTTPClient.Transport = slow{c.Credentials.HTTPClient.Transport, time.Second}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				l := newLiving(t)
				config := l.config()
				set(l, &config)
				c, err := New(config)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				for _, wait := range []time.Duration{0, 42 * time.Minute, 45 * time.Minute, 48*time.Minute + 500*time.Millisecond} {
					var left time.Time
					for _, err := range c.Subscribe(Subscription{}).Events(t.Context()) {
						if err != nil {
							t.Fatal(err)
						}
						if err := sleep(t.Context(), wait); err != nil {
							t.Fatal(err)
						}
						left = time.Now()
						break
					}
					if time.Since(left) != 0 {
						t.Errorf("leaving after %v took %v", wait, time.Since(left))
					}
				}
			})
		})
	}
}

// TestABodyThatPanics leaves nothing running: the bubble would tell.
func TestABodyThatPanics(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLiving(t)
		defer func() {
			if told := recover(); told != "the body's" {
				t.Errorf("recovered %v", told)
			}
		}()
		for _, err := range l.client(t).Subscribe(Subscription{}).Events(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			panic("the body's")
		}
	})
}

// TestAGivenTokenIsNotRenewed: there is no other; its end is the stream's.
func TestAGivenTokenIsNotRenewed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLiving(t)
		if _, err := l.config().Credentials.Fetch(t.Context()); err != nil { // so that token-1 is one
			t.Fatal(err)
		}
		config := l.config()
		config.Credentials = Credentials{Token: "token-1"}
		c, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		stream := c.Subscribe(Subscription{OnDisconnect: func(d Disconnect) { t.Errorf("to be tried again: %v", d.Err) }})
		if err := readFor(t, stream, 2*time.Hour); status.Code(err) != codes.Unauthenticated {
			t.Errorf("err = %v", err)
		}
		if calls, tokens, _ := l.seen(); calls != 1 || tokens != 1 || len(l.renewals()) != 0 {
			t.Errorf("%d streams, %d tokens, %d renewals", calls, tokens, len(l.renewals()))
		}
	})
}

func TestTokenEnd(t *testing.T) {
	t.Parallel()
	now := time.Now()
	hour := &token{since: now, until: now.Add(time.Hour)}
	tests := []struct {
		name  string
		token *token
		told  time.Time
		want  time.Time
	}{
		{"told", hour, now.Add(59 * time.Minute), now.Add(59 * time.Minute)},
		{"not told", hour, time.Time{}, hour.until},
		{"a clock that is late", hour, now.Add(25 * time.Hour), hour.until},
		{"a clock that is early", hour, now.Add(-23 * time.Hour), hour.until},
		{"an issuer that does not tell", &token{since: now}, now.Add(time.Hour), time.Time{}},
	}
	for _, tt := range tests {
		if got := tt.token.end(tt.told); !got.Equal(tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got.Sub(now), tt.want.Sub(now))
		}
	}
}
