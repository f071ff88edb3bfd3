package authn

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/MicahParks/jwkset"
)

const (
	// keyFetchTimeout bounds one fetch.
	keyFetchTimeout = 5 * time.Second
	// maxKeySetBytes bounds the answer; Cognito's, with two keys, has under 1 KiB.
	maxKeySetBytes = 256 << 10
	// minKeyBits is the smallest RSA key that is trusted; Cognito's have 2048 bits.
	minKeyBits = 2048
	// maxKeyBits bounds what a verification costs, as in crypto/tls.
	maxKeyBits = 8192
)

// source is where the keys are published.
type source struct {
	url    string
	client *http.Client
}

// newSource returns a source that follows no redirects: the URL was chosen, and checked,
// and what it leads to was not.
func newSource(url string, client *http.Client) source {
	c := *client
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return source{url, &c}
}

// checkKeySetURL refuses URLs over which somebody else could hand us keys.
func checkKeySetURL(text string, insecure bool) error {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return fmt.Errorf("key set URL %q: want https://host/path", text)
	}
	if u.User != nil {
		return fmt.Errorf("key set URL %q: must have no user and password", u.Redacted())
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

// read fetches the keys.
func (s source) read() (map[string]*rsa.PublicKey, error) {
	ctx, cancel := context.WithTimeout(context.Background(), keyFetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer is %s, want 200", resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxKeySetBytes+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxKeySetBytes:
		return nil, fmt.Errorf("the key set is larger than %d bytes", maxKeySetBytes)
	}
	return parseKeys(data)
}

// parseKeys reads the keys that can sign tokens. Others, and those it cannot make sense
// of, are not its business: they must not take the good ones away.
func parseKeys(data []byte) (map[string]*rsa.PublicKey, error) {
	var set struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, fmt.Errorf("the key set is no JSON: %w", err)
	}
	keys := make(map[string]*rsa.PublicKey)
	for _, raw := range set.Keys {
		id, key := parseKey(raw)
		if _, taken := keys[id]; key != nil && !taken {
			keys[id] = key
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("the key set has no RS256 key for signatures")
	}
	return keys, nil
}

// parseKey returns a key and its id, or no key if it is none that may sign tokens.
func parseKey(raw json.RawMessage) (string, *rsa.PublicKey) {
	var m jwkset.JWKMarshal
	if err := json.Unmarshal(raw, &m); err != nil {
		return "", nil
	}
	signs := (m.USE == "" || m.USE == jwkset.UseSig) && (m.ALG == "" || m.ALG == jwkset.AlgRS256) &&
		(len(m.KEYOPS) == 0 || slices.Contains(m.KEYOPS, jwkset.KeyOpsVerify))
	if m.KTY != jwkset.KtyRSA || m.KID == "" || !signs {
		return "", nil
	}
	jwk, err := jwkset.NewJWKFromMarshal(m, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return "", nil
	}
	key, ok := jwk.Key().(*rsa.PublicKey)
	if !ok || key.N.BitLen() < minKeyBits || key.N.BitLen() > maxKeyBits {
		return "", nil
	}
	return m.KID, key
}
