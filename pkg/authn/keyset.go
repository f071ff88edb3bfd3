package authn

import (
	"context"
	"crypto/rsa"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// keyFetchInterval is the least time between two fetches of the key set for the sake
	// of tokens, so that made-up key ids cannot be turned against the issuer. Cognito
	// rotates keys rarely, and announces a new one in the set before it signs with it.
	keyFetchInterval = 10 * time.Second
	// keyMaxAge is how long a set is trusted to be the present one: a key that the
	// issuer has withdrawn is not trusted for longer, if the issuer can be asked.
	keyMaxAge = time.Hour
	// fillPause is how long Run waits after the first failure, and then twice as long
	// each time until it is keyFetchInterval: tokens try as often.
	fillPause = time.Second
)

// keySet is the issuer's public keys, kept through failures of the issuer.
type keySet struct {
	source source
	log    *slog.Logger
	now    func() time.Time
	flight singleflight.Group

	mu      sync.Mutex // guards what follows
	keys    map[string]*rsa.PublicKey
	fetched time.Time // when keys was
	tried   time.Time // when it was last tried
	failure error     // of that
}

func newKeySet(cfg Config) *keySet {
	return &keySet{source: newSource(cfg.KeySetURL, cfg.Client), log: cfg.Logger, now: cfg.Now}
}

// key returns the key with an id. An unknown id makes it fetch the set again,
// unless it was within keyFetchInterval; a set that is old is fetched meanwhile.
// Errors: errUnknownKey if a set that was fetched does not have it, ErrUnavailable
// (wrapped) if the set cannot be fetched.
func (k *keySet) key(ctx context.Context, id string) (*rsa.PublicKey, error) {
	key, old, _ := k.lookup(id)
	if key != nil && !old {
		return key, nil
	}
	fetched := k.fetch(keyFetchInterval)
	if key != nil {
		return key, nil
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-fetched:
	}
	key, _, failure := k.lookup(id)
	switch {
	case key != nil:
		return key, nil
	case failure != nil:
		return nil, fmt.Errorf("%w: keys of the token issuer: %w", ErrUnavailable, failure)
	}
	return nil, errUnknownKey
}

// lookup returns a key if there is one, whether it is time to fetch the set anew, and
// why the last fetch failed.
func (k *keySet) lookup(id string) (key *rsa.PublicKey, old bool, failure error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	old = now.Sub(k.fetched) >= keyMaxAge && now.Sub(k.tried) >= keyFetchInterval
	return k.keys[id], old, k.failure
}

// fetch fetches the set unless that was tried within an interval, and tells when it is
// done. Who asks meanwhile waits for the same fetch, so it is not bound to a caller's
// context; source bounds it.
func (k *keySet) fetch(interval time.Duration) <-chan singleflight.Result {
	return k.flight.DoChan("", func() (any, error) {
		if k.claim(interval) {
			k.store(k.source.read())
		}
		return nil, nil
	})
}

// claim tells whether it is time to fetch, and says that it has been tried.
func (k *keySet) claim(interval time.Duration) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	due := now.Sub(k.tried) >= interval
	if due {
		k.tried = now
	}
	return due
}

// store keeps what was fetched. After a failure the keys stay what they are.
func (k *keySet) store(keys map[string]*rsa.PublicKey, err error) {
	if err != nil {
		k.log.Error("key set not readable", "url", k.source.url, "error", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failure = err
	if err == nil {
		k.keys, k.fetched = keys, k.now()
	}
}

// fill fetches the set until there is one.
func (k *keySet) fill(ctx context.Context) error {
	for pause := fillPause; !k.filled(); pause = min(2*pause, keyFetchInterval) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-k.fetch(0):
		}
		if k.filled() {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause/2 + rand.N(pause/2)): // many gateways start at a time
		}
	}
	return nil
}

func (k *keySet) filled() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys != nil
}
