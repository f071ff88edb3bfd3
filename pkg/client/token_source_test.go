package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestTokenRequests counts what is billed and limited.
func TestTokenRequests(t *testing.T) {
	t.Parallel()
	const streams = 100
	type span struct{ from, to int }
	tests := []struct {
		name     string
		set      func(*living)
		length   time.Duration
		requests span       // of tokens
		calls    span       // of Subscribe
		ends     codes.Code // of each stream; OK: the time was over
	}{
		{"an hour", func(*living) {}, time.Hour, span{2, 2}, span{streams, streams}, codes.OK},
		{"an hour with a gateway that renews no streams", func(l *living) { l.noIDs, l.renew = true, nil }, time.Hour + time.Minute,
			span{2, 2}, span{2 * streams, 2 * streams}, codes.OK},
		{"an hour with one that answers UNIMPLEMENTED", func(l *living) { l.renew = nil }, time.Hour + time.Minute,
			span{2, 2}, span{2 * streams, 2 * streams}, codes.OK},
		{"an hour with tokens of ten minutes", func(l *living) { l.lifetime = 10 * time.Minute }, time.Hour,
			span{8, 9}, span{streams, streams}, codes.OK},
		{"the issuer is down for ten minutes at the start", func(l *living) { l.issuer = downBetween(0, 10*time.Minute, http.StatusServiceUnavailable) }, 20 * time.Minute,
			span{15, 50}, span{streams, streams}, codes.OK},
		{"the issuer is down for ten minutes when a new token is due", func(l *living) {
			l.issuer = downBetween(40*time.Minute, 50*time.Minute, http.StatusInternalServerError)
		}, time.Hour + time.Minute,
			span{12, 50}, span{streams, streams}, codes.OK},
		{"the issuer throttles for ten minutes when a new token is due", func(l *living) { l.issuer = downBetween(40*time.Minute, 50*time.Minute, http.StatusTooManyRequests) }, time.Hour + time.Minute,
			span{12, 50}, span{streams, streams}, codes.OK},
		{"the issuer is down when the token ends", func(l *living) { l.issuer = downBetween(55*time.Minute, 65*time.Minute, http.StatusBadGateway) }, 90 * time.Minute,
			span{2, 3}, span{streams, streams}, codes.OK},
		{"the issuer is down for the last third of the token's life and after it", func(l *living) { l.issuer = downBetween(40*time.Minute, 65*time.Minute, http.StatusBadGateway) }, 70 * time.Minute,
			span{40, 120}, span{2 * streams, 2 * streams}, codes.OK},
		{"a wrong secret", func(l *living) { l.issuer = func(int) int { return http.StatusBadRequest } }, time.Hour,
			span{1, 1}, span{0, 0}, codes.Unauthenticated},
		{"a secret that is withdrawn", func(l *living) { l.issuer = downBetween(time.Minute, 24*time.Hour, http.StatusBadRequest) }, 2 * time.Hour,
			span{30, 80}, span{streams, streams}, codes.Unauthenticated},
		{"a gateway that knows another issuer", func(l *living) {
			l.refuse = func(context.Context) error { return status.Error(codes.Unauthenticated, "issuer is unknown") }
		}, time.Hour, span{1, 1}, span{streams, streams}, codes.Unauthenticated},
		{"a gateway that shuts the client out", func(l *living) {
			l.refuse = func(context.Context) error { return status.Error(codes.PermissionDenied, "the client is shut out") }
		}, time.Hour, span{1, 1}, span{streams, streams}, codes.PermissionDenied},
		{"a gateway that takes new tokens only, for ten minutes", func(l *living) { l.refuse = revokedFor(10 * time.Minute) }, 20 * time.Minute,
			span{15, 50}, span{200, 5000}, codes.OK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				l := newLiving(t)
				tt.set(l)
				ctx, cancel := context.WithTimeout(t.Context(), tt.length)
				defer cancel()
				for _, err := range readAll(ctx, l.client(t), streams) {
					if over := errors.Is(err, context.DeadlineExceeded); over != (tt.ends == codes.OK) || !over && status.Code(err) != tt.ends {
						t.Fatalf("a stream ended with %v, want %v", err, tt.ends)
					}
				}
				if n := l.tokenRequests(); n < tt.requests.from || n > tt.requests.to {
					t.Errorf("%d token requests, want %+v", n, tt.requests)
				}
				if n, _, _ := l.seen(); n < tt.calls.from || n > tt.calls.to {
					t.Errorf("%d streams were opened, want %+v", n, tt.calls)
				}
				t.Logf("%d token requests, %d renewals", l.tokenRequests(), len(l.renewals()))
			})
		})
	}
}

// downBetween answers with code in a time from now.
func downBetween(from, to time.Duration, code int) func(int) int {
	start := time.Now()
	return func(int) int {
		if at := time.Since(start); at >= from && at < to {
			return code
		}
		return http.StatusOK
	}
}

// revokedFor refuses every token for d, as one of before a disconnection.
func revokedFor(d time.Duration) func(context.Context) error {
	start := time.Now()
	return func(context.Context) error {
		if time.Since(start) < d {
			return withRetry(codes.Unauthenticated, "tokens issued before now are revoked", 2*time.Second)
		}
		return nil
	}
}

// TestAValidTokenIsEnough: neither an issuer that is away nor one that takes its time
// keeps anybody from using the token that there is.
func TestAValidTokenIsEnough(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, nil)
		g.issuer = downBetween(time.Second, 24*time.Hour, http.StatusServiceUnavailable)
		s := newTokenSource(g.config().Credentials)
		for at := range 120 {
			token, err := s.get(t.Context())
			if over := at >= 60; (err != nil) != over || !over && token.text != "token-1" {
				t.Errorf("minute %d: %v, %v", at, token, err)
			}
			if err := sleep(t.Context(), time.Minute); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.newer(t.Context(), s.current()); status.Code(err) != codes.Unavailable {
			t.Errorf("a newer one: %v", err)
		}
	})
}

// TestOneRequestAtATime: who needs a newer token waits for it, who has enough in the
// one that there is does not.
func TestOneRequestAtATime(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, nil)
		config := g.config()
		config.Credentials.HTTPClient = &http.Client{Transport: slow{g, 5 * time.Second}}
		s := newTokenSource(config.Credentials)
		old, err := s.get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		newer := make(chan string)
		for range 10 {
			go func() {
				token, err := s.newer(t.Context(), old)
				newer <- fmt.Sprint(token.text, err, time.Since(start))
			}()
		}
		if err := sleep(t.Context(), time.Second); err != nil {
			t.Fatal(err)
		}
		if token, err := s.get(t.Context()); token != old || err != nil || time.Since(start) != time.Second {
			t.Errorf("while another one is fetched: %v, %v after %v", token, err, time.Since(start))
		}
		for range 10 {
			if got := <-newer; got != "token-2<nil> 5s" {
				t.Errorf("newer: %s", got)
			}
		}
	})
}

// slow takes its time.
type slow struct {
	http.RoundTripper
	time time.Duration
}

func (s slow) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := sleep(r.Context(), s.time); err != nil {
		return nil, err
	}
	return s.RoundTripper.RoundTrip(r)
}

func TestClientsShareTokens(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLiving(t)
		config := l.config()
		tokens, err := NewTokenSource(config.Credentials)
		if err != nil {
			t.Fatal(err)
		}
		config.Tokens = tokens
		if _, err := New(config); err == nil || !strings.Contains(err.Error(), "credentials and a token source are given") {
			t.Errorf("with both: %v", err)
		}
		config.Credentials = Credentials{}
		for range 5 {
			c, err := New(config)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := read(t.Context(), c.Subscribe(Subscription{}), 1); err != nil {
				t.Error(err)
			}
		}
		if n := l.tokenRequests(); n != 1 {
			t.Errorf("%d token requests, want 1", n)
		}
	})
}

func TestNewTokenSourceRefuses(t *testing.T) {
	t.Parallel()
	_, err := NewTokenSource(Credentials{ClientID: "news", TokenURL: "http://auth.example.com/token"})
	if err == nil || !strings.Contains(err.Error(), "client secret is empty") || !strings.Contains(err.Error(), "must be https") {
		t.Errorf("err = %v", err)
	}
}

func TestATokenSourceIsNotPrinted(t *testing.T) {
	t.Parallel()
	s, err := NewTokenSource(Credentials{ClientID: "news", ClientSecret: "s3cret", TokenURL: "https://auth.example.com/token"})
	if err != nil {
		t.Fatal(err)
	}
	s.held = &token{text: "t0ken"}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{s, Config{Tokens: s}, &Client{tokens: s}, &Stream{client: &Client{tokens: s}}} {
			if text := fmt.Sprintf(format, v); strings.Contains(text, "s3cret") || strings.Contains(text, "t0ken") {
				t.Errorf("%s prints %s", format, text)
			}
		}
	}
}
