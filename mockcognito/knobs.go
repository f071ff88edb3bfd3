package mockcognito

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Bounds of the knobs.
const (
	maxFailures   = 1_000_000
	maxErrorText  = 128
	maxLatency    = 5 * time.Second // below what clients and cmd/mockcognito wait
	maxThrottle   = 10_000
	maxLifetimes  = 1_000
	maxLifetime   = 24 * time.Hour
	throttledCode = "TooManyRequestsException"
)

// knobs are what tests and demos turn. The zero value changes nothing.
type knobs struct {
	mu        sync.Mutex // guards what follows
	failing   failing
	latency   time.Duration
	throttle  int
	buckets   map[string]*bucket       // by pool id, while there is a throttle
	lifetimes map[string]time.Duration // by id of a pool or client
}

// failing is what the next token requests are answered with instead of a token.
type failing struct {
	left   int
	status int
	code   string
}

// bucket is what a pool has left of its throttle.
type bucket struct {
	tokens float64
	filled time.Time
}

// FailTokenRequests answers the next n token requests, which must be well-formed in method and content type, with the
// HTTP status, 400 to 599, and {"error":code}: 429 and "TooManyRequestsException" for throttling, say. n is at most a
// million, and 0 ends it.
func (s *Server) FailTokenRequests(n, status int, code string) error {
	if n < 0 || n > maxFailures || status < http.StatusBadRequest || status > 599 || len(code) > maxErrorText {
		return fmt.Errorf("mockcognito: fail %d token requests with status %d: n must be 0 to %d, status 400 to 599, the code at most %d bytes",
			n, status, maxFailures, maxErrorText)
	}
	s.knobs.mu.Lock()
	defer s.knobs.mu.Unlock()
	s.knobs.failing = failing{left: n, status: status, code: code}
	return nil
}

// SetLatency makes every answer, apart from those of /healthz and of the knobs, wait so long: at most 5 seconds, and 0
// ends it.
func (s *Server) SetLatency(d time.Duration) error {
	if d < 0 || d > maxLatency {
		return fmt.Errorf("mockcognito: latency %s: must be 0 to %s", d, maxLatency)
	}
	s.knobs.mu.Lock()
	defer s.knobs.mu.Unlock()
	s.knobs.latency = d
	return nil
}

// SetThrottle lets each pool answer so many token requests a second, and as many at once after a rest; those beyond get
// status 429. It is at most 10,000 (Cognito's quota is 150), and 0, as at the start, ends it.
func (s *Server) SetThrottle(perSecond int) error {
	if perSecond < 0 || perSecond > maxThrottle {
		return fmt.Errorf("mockcognito: throttle of %d requests a second: must be 0 to %d", perSecond, maxThrottle)
	}
	s.knobs.mu.Lock()
	defer s.knobs.mu.Unlock()
	s.knobs.throttle, s.knobs.buckets = perSecond, map[string]*bucket{}
	return nil
}

// SetTokenLifetime makes tokens that the client with that id, or every client of the pool with that id, gets from now
// on live so long, in whole seconds and at most 24 hours, without Cognito's minimum of 5 minutes. What is said for a
// client goes before what is said for its pool. 0 ends it. With a negative lifetime tokens have ended when they are
// issued, while expires_in is that of the client: so it looks to one whose clock is late. The error is that there is no
// such pool or client, wrapping both [ErrUnknownPool] and [ErrUnknownClient], or says what is wrong.
func (s *Server) SetTokenLifetime(id string, lifetime time.Duration) error {
	if lifetime.Abs() > maxLifetime || lifetime%time.Second != 0 {
		return fmt.Errorf("mockcognito: token lifetime %s: must be whole seconds, at most %s", lifetime, maxLifetime)
	}
	d := s.directory()
	if _, c := d.client(id); c == nil && d.pool(id) == nil {
		return fmt.Errorf("%w, %w %s", ErrUnknownPool, ErrUnknownClient, clip(id))
	}
	k := &s.knobs
	k.mu.Lock()
	defer k.mu.Unlock()
	if lifetime == 0 {
		delete(k.lifetimes, id)
		return nil
	}
	if k.lifetimes == nil {
		k.lifetimes = map[string]time.Duration{}
	}
	if _, ok := k.lifetimes[id]; !ok && len(k.lifetimes) == maxLifetimes {
		return fmt.Errorf("mockcognito: token lifetimes are set for %d ids, which is the most: end some first", maxLifetimes)
	}
	k.lifetimes[id] = lifetime
	return nil
}

// ExpireNow makes every token that the client with that id, or any client of the pool with that id, gets from now on
// one that has ended a second ago: SetTokenLifetime(id, 0) ends it. No issuer can end a token that is out: it carries
// its own end. To make those of a pool worthless to verifiers that read the key set again, call [Server.RotateKeys]
// twice.
func (s *Server) ExpireNow(id string) error { return s.SetTokenLifetime(id, -time.Second) }

// ResetKnobs puts every knob back, the clock too. Keys that were rotated stay so.
func (s *Server) ResetKnobs() {
	s.ResetClock()
	k := &s.knobs
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failing, k.latency, k.throttle, k.buckets, k.lifetimes = failing{}, 0, 0, nil, nil
}

// refusal is what a token request to the pool is refused with by a knob, if it is.
func (k *knobs) refusal(poolID string) (status int, code string, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failing.left > 0 {
		k.failing.left--
		return k.failing.status, k.failing.code, true
	}
	if k.throttle > 0 && !k.take(poolID, time.Now()) {
		return http.StatusTooManyRequests, throttledCode, true
	}
	return 0, "", false
}

// take is called with mu held.
func (k *knobs) take(poolID string, now time.Time) bool {
	b := k.buckets[poolID]
	if b == nil {
		if len(k.buckets) >= maxPools {
			clear(k.buckets) // pools come and go
		}
		b = &bucket{tokens: float64(k.throttle), filled: now}
		k.buckets[poolID] = b
	}
	full := float64(k.throttle)
	b.tokens = min(full, b.tokens+now.Sub(b.filled).Seconds()*full)
	b.filled = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// lifetime is how long a token of the client lives.
func (k *knobs) lifetime(p *pool, c *client) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, id := range []string{c.id, p.id} {
		if lifetime, ok := k.lifetimes[id]; ok {
			return lifetime
		}
	}
	return c.oauth.validity
}

// expiresIn is what the token endpoint says about the lifetime.
func (k *knobs) expiresIn(p *pool, c *client) time.Duration {
	if lifetime := k.lifetime(p, c); lifetime > 0 {
		return lifetime
	}
	return c.oauth.validity
}

// wait takes the time that answers are late.
func (k *knobs) wait(ctx context.Context) {
	k.mu.Lock()
	latency := k.latency
	k.mu.Unlock()
	if latency == 0 {
		return
	}
	timer := time.NewTimer(latency)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
