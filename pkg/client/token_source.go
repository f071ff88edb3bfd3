package client

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"google.golang.org/grpc/codes"
)

const (
	// After a failure, the token endpoint is left alone for a random time between half
	// of a bound and the bound, which starts at tokenRetryBase and doubles up to
	// tokenRetryCap.
	tokenRetryBase = time.Second
	tokenRetryCap  = 30 * time.Second
)

// errNotAccepted is why no token is asked for at once after new ones that the gateway
// has refused.
var errNotAccepted = &Error{codes.Unavailable, "the gateway refuses new tokens, so the next one is asked for later"}

// TokenSource holds the token of one OAuth 2.0 client for all streams that use it, of
// one Client or, as Config.Tokens, of several. Token requests are billed and limited,
// so it makes one only if somebody needs a token that it does not have:
//
//   - One request at a time, for everybody who waits.
//   - A token that has not expired is used, also while the token endpoint is down.
//   - After a failure or a refusal, the next request is made after a random time that
//     doubles up to 30 s; who needs a token before is told the same error.
//   - The same after a token that the gateway refused and has never accepted.
//
// It starts no goroutine. It may be used by any number of goroutines.
type TokenSource struct {
	// fetch makes a request. It is a function, in which fmt sees no secret whatever it is
	// told to print.
	fetch func(context.Context) (*oauth2.Token, error)
	whose string
	given bool // fetch has one token only
	// turn, of capacity one, is held by who asks the token endpoint: the others wait for
	// the same token, each as long as its ctx lets it.
	turn chan struct{}

	mu       sync.Mutex // guards what follows
	held     *token     // nil: none
	failures int        // since a token was accepted
	failure  error      // of the last one
	retryAt  time.Time  // when the endpoint may be asked again
}

// NewTokenSource returns a TokenSource for Config.Tokens. Its error lists every mistake
// in c; c.TokenURL must be https, except on loopback.
func NewTokenSource(c Credentials) (*TokenSource, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return newTokenSource(c), nil
}

func newTokenSource(c Credentials) *TokenSource {
	return &TokenSource{fetch: c.Fetch, whose: c.String(), given: c.Token != "", turn: make(chan struct{}, 1)}
}

// String tells whose tokens they are, without secrets.
func (s *TokenSource) String() string { return "tokens of " + s.whose }

// GoString keeps secrets out of %#v.
func (s *TokenSource) GoString() string { return "client.TokenSource{" + s.whose + "}" }

// get returns a token to call a gateway with. It fails only if there is none that has
// not expired, and none to be had.
func (s *TokenSource) get(ctx context.Context) (*token, error) {
	t, err := s.obtain(ctx, (*token).lasts)
	if err != nil && ctx.Err() == nil {
		if held := s.current(); held != nil && !held.isOver() {
			return held, nil
		}
	}
	return t, err
}

// newer returns another token than old.
func (s *TokenSource) newer(ctx context.Context, old *token) (*token, error) {
	return s.obtain(ctx, func(t *token) bool { return t != old && t.lasts() })
}

// obtain returns the held token if it is enough, else fetches one.
func (s *TokenSource) obtain(ctx context.Context, enough func(*token) bool) (*token, error) {
	if held := s.current(); held != nil && enough(held) {
		return held, nil
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if held := s.current(); held != nil && enough(held) {
		return held, nil // somebody else has fetched it
	}
	if err := s.mayAsk(); err != nil {
		return nil, err
	}
	fetched, err := s.fetch(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.failed(err)
		}
		return nil, err
	}
	t := newToken(fetched, s.given)
	s.mu.Lock()
	s.held = t
	s.mu.Unlock()
	return t, nil
}

func (s *TokenSource) current() *token {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held
}

// mayAsk returns the last failure while the endpoint is left alone.
func (s *TokenSource) mayAsk() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().Before(s.retryAt) {
		return s.failure
	}
	return nil
}

// failed has the endpoint left alone for a while.
func (s *TokenSource) failed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaveAlone(err)
}

// leaveAlone is failed for who has the lock.
func (s *TokenSource) leaveAlone(err error) {
	bound := tokenRetryCap
	if s.failures < 5 { // beyond, the shift is past the cap
		bound = tokenRetryBase << s.failures
	}
	s.failures++
	s.failure, s.retryAt = err, time.Now().Add(bound/2+rand.N(bound/2))
}

// accepted is told that a gateway has taken t.
func (s *TokenSource) accepted(t *token) {
	t.accepted.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == t {
		s.failures = 0
	}
}

// drop is told that t is of no use any more: the next get fetches another one, unless
// somebody has already.
func (s *TokenSource) drop(t *token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held != t {
		return
	}
	s.held = nil
	if !t.mayBeOver() {
		s.leaveAlone(errNotAccepted)
	}
}
