package mockcognito

import (
	"crypto/rand"
	"fmt"
	"math/big"
)

// The forms of what Cognito generates.
const (
	lowerAlphabet   = "abcdefghijklmnopqrstuvwxyz0123456789"
	mixedAlphabet   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + lowerAlphabet
	poolSuffixSize  = 9
	clientIDSize    = 26
	clientSecretLen = 52
)

func randomText(alphabet string, n int) (string, error) {
	size := big.NewInt(int64(len(alphabet)))
	text := make([]byte, n)
	for i := range text {
		k, err := rand.Int(rand.Reader, size)
		if err != nil {
			return "", fmt.Errorf("generate random text: %w", err)
		}
		text[i] = alphabet[k.Int64()]
	}
	return string(text), nil
}

// resolver fills what a configuration leaves out: from the state when it was generated before, else anew.
type resolver struct {
	region string
	state  *state
}

func (r resolver) pool(p Pool) (Pool, error) {
	st := r.state.pool(p.Name)
	suffix, err := randomText(mixedAlphabet, poolSuffixSize)
	if err != nil {
		return Pool{}, err
	}
	p.ID = settle(p.ID, &st.ID, r.region+"_"+suffix)
	if p.Issuer == "" {
		p.Issuer = defaultIssuer(p.ID)
	}
	clients := make([]Client, len(p.Clients))
	for i, c := range p.Clients {
		if clients[i], err = resolveClient(c, st.client(c.Name)); err != nil {
			return Pool{}, err
		}
	}
	p.Clients = clients
	return p, nil
}

func resolveClient(c Client, st *clientState) (Client, error) {
	id, err := randomText(lowerAlphabet, clientIDSize)
	if err != nil {
		return Client{}, err
	}
	secret, err := randomText(lowerAlphabet, clientSecretLen)
	if err != nil {
		return Client{}, err
	}
	c.ID = settle(c.ID, &st.ID, id)
	c.Secret = settle(c.Secret, &st.Secret, secret)
	if c.AccessTokenValidity == 0 {
		c.AccessTokenValidity = DefaultAccessTokenValidity
	}
	if len(c.AllowedOAuthFlows) == 0 {
		c.AllowedOAuthFlows = []Flow{FlowClientCredentials}
	}
	return c, nil
}

// settle picks a value: the configured one, else the stored one, else the fresh one, which it stores. A configured value
// is never stored, so that the file stays the one place that says it.
func settle(configured string, stored *string, fresh string) string {
	if configured != "" {
		*stored = ""
		return configured
	}
	if *stored == "" {
		*stored = fresh
	}
	return *stored
}
