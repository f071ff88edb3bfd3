package authn

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/MicahParks/jwkset"
	"golang.org/x/sync/singleflight"
)

const (
	// keyFetchInterval is the least time between two fetches of the key set, so that
	// tokens with made-up key ids cannot be turned against the issuer. Cognito rotates
	// keys rarely, and announces a new one in the set before it signs with it.
	keyFetchInterval = 10 * time.Second
	// keyMaxAge is how long a set is trusted to be the present one: a key that the
	// issuer has withdrawn is not trusted for longer, if the issuer can be asked.
	keyMaxAge = time.Hour
	// keyFetchTimeout bounds one fetch.
	keyFetchTimeout = 5 * time.Second
	// maxKeySetBytes bounds the answer; Cognito's, with two keys, has under 1 KiB.
	maxKeySetBytes = 256 << 10
	// minKeyBits is the smallest RSA key that is trusted; Cognito's have 2048 bits.
	minKeyBits = 2048
)

// errUnknownKey says that the key set has no such key.
var errUnknownKey = errors.New("the token is signed by a key that the issuer does not publish")

// keySet is the issuer's public keys, kept through failures of the issuer.
type keySet struct {
	url    string
	client *http.Client
	log    *slog.Logger
	now    func() time.Time
	flight singleflight.Group

	mu      sync.Mutex // guards what follows
	keys    map[string]*rsa.PublicKey
	tried   time.Time // when it was last fetched, or was tried to be
	failure error     // of that
}

// checkKeySetURL refuses URLs over which somebody else could hand us keys.
func checkKeySetURL(text string, insecure bool) error {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return fmt.Errorf("key set URL %q: want https://host/path", text)
	}
	if u.Scheme == "https" || u.Scheme == "http" && (insecure || loopback(u.Hostname())) {
		return nil
	}
	return fmt.Errorf("key set URL %q: must be https, or http on a loopback address", text)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// key returns the key with an id. An unknown id makes it fetch the set again,
// unless it did within keyFetchInterval; a set that is old is fetched meanwhile.
// Errors: errUnknownKey if a set that was fetched does not have it, ErrUnavailable
// (wrapped) if the set cannot be fetched.
func (k *keySet) key(ctx context.Context, id string) (*rsa.PublicKey, error) {
	key, age, _ := k.lookup(id)
	if key != nil && age < keyMaxAge {
		return key, nil
	}
	fetched := k.flight.DoChan("", func() (any, error) { k.fetch(); return nil, nil })
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

func (k *keySet) lookup(id string) (key *rsa.PublicKey, age time.Duration, failure error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys[id], k.now().Sub(k.tried), k.failure
}

// fetch reads the key set, if that is due. It is not bound to a caller's context:
// others wait for its result, too.
func (k *keySet) fetch() {
	k.mu.Lock()
	due := k.now().Sub(k.tried) >= keyFetchInterval
	if due {
		k.tried = k.now()
	}
	k.mu.Unlock()
	if !due {
		return
	}
	keys, err := k.read()
	if err != nil {
		k.log.Error("key set not readable", "url", k.url, "error", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failure = err
	if err == nil {
		k.keys = keys
	}
}

func (k *keySet) read() (map[string]*rsa.PublicKey, error) {
	ctx, cancel := context.WithTimeout(context.Background(), keyFetchTimeout)
	defer cancel()
	// Without a refresh interval the storage fetches once, here, and starts nothing.
	set, err := jwkset.NewStorageFromHTTP(k.url, jwkset.HTTPClientStorageOptions{Client: k.client, Ctx: ctx, HTTPTimeout: keyFetchTimeout})
	if err != nil {
		return nil, err
	}
	all, err := set.KeyReadAll(ctx)
	if err != nil {
		return nil, err
	}
	keys := make(map[string]*rsa.PublicKey)
	for _, jwk := range all {
		m := jwk.Marshal()
		key, ok := jwk.Key().(*rsa.PublicKey)
		if !ok || m.KID == "" || m.USE != "" && m.USE != jwkset.UseSig || m.ALG != "" && m.ALG != jwkset.AlgRS256 || key.N.BitLen() < minKeyBits {
			continue
		}
		keys[m.KID] = key
	}
	if len(keys) == 0 {
		return nil, errors.New("the key set has no RS256 key for signatures")
	}
	return keys, nil
}

// limitBody is a transport that cuts answers off at maxKeySetBytes.
type limitBody struct{ next http.RoundTripper }

func (l limitBody) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxKeySetBytes), resp.Body}
	}
	return resp, err
}
