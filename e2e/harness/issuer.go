package harness

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spillway/spillway/e2e/tokens"
	"github.com/spillway/spillway/mockcognito"
	"github.com/spillway/spillway/pkg/stack"
)

const (
	// DefaultTokenLife is how long tokens live if nothing else is said: short, so that
	// every stream of a run outlives some.
	DefaultTokenLife = 30 * time.Second
	// announcement is for how long a new key is published before tokens are signed with
	// it. Cognito does so, and verifiers rely on it: they fetch keys at most every 10 s.
	announcement = 12 * time.Second
)

// Issuer hands out access tokens as Cognito does, with any lifetime.
type Issuer struct {
	*tokens.Server

	mu      sync.Mutex // guards what follows
	life    time.Duration
	held    map[string][]dated // tokens of the key before, by client id, the oldest first
	rotated time.Time
}

// dated is a token that was made beforehand, to be handed out from a time on.
type dated struct {
	from, until time.Time
	token       string
}

func newIssuer(ctx context.Context, addr string, customers []Customer) (*Issuer, error) {
	i := &Issuer{life: DefaultTokenLife}
	var err error
	if i.Server, err = tokens.New(addr, poolOf(customers), i.answer); err != nil {
		return nil, err
	}
	if err := i.Serve(ctx); err != nil {
		return nil, err
	}
	return i, nil
}

// poolOf makes the user pool of the customers.
func poolOf(customers []Customer) mockcognito.Pool {
	seen := map[string]bool{}
	var patterns []string
	var clients []mockcognito.Client
	for _, c := range customers {
		var scopes []string
		for _, p := range c.Patterns {
			scopes = append(scopes, stack.ResourceServer+"/"+p)
			if !seen[p] {
				seen[p] = true
				patterns = append(patterns, p)
			}
		}
		clients = append(clients, mockcognito.Client{Name: c.Name, Scopes: scopes})
	}
	return mockcognito.Pool{
		ID: stack.PoolID, Name: "spillway", Clients: clients,
		ResourceServers: []mockcognito.ResourceServer{{Identifier: stack.ResourceServer, Scopes: patterns}},
	}
}

// SetLife makes tokens that are asked for from now on live so long, in whole seconds.
func (i *Issuer) SetLife(life time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.life = life
}

// Issue returns a token of a customer without a request. A negative lifetime makes one
// that has expired.
func (i *Issuer) Issue(customer string, life time.Duration) (string, error) {
	c, err := i.client(customer)
	if err != nil {
		return "", err
	}
	return i.Cognito.Issue(c.ID, mockcognito.IssueOptions{Lifetime: life})
}

// Rotate publishes a new pair of keys and withdraws the one before the present, which
// goes on to sign for the time of the announcement. It does nothing, and returns
// false, if that of an earlier rotation is not over.
func (i *Issuer) Rotate() (bool, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if time.Since(i.rotated) < announcement+time.Second {
		return false, nil
	}
	held := map[string][]dated{}
	start := time.Now().Truncate(time.Second)
	for _, c := range i.Pool.Clients {
		for at := start; at.Before(start.Add(announcement + time.Second)); at = at.Add(time.Second) {
			token, err := i.Cognito.Issue(c.ID, mockcognito.IssueOptions{IssuedAt: at, Lifetime: i.life})
			if err != nil {
				return false, err
			}
			held[c.ID] = append(held[c.ID], dated{at, at.Add(i.life), token})
		}
	}
	if err := i.Cognito.RotateKeys(i.Pool.ID); err != nil {
		return false, err
	}
	i.held, i.rotated = held, time.Now()
	return true, nil
}

func (i *Issuer) client(customer string) (mockcognito.Client, error) {
	for _, c := range i.Pool.Clients {
		if c.Name == customer {
			return c, nil
		}
	}
	return mockcognito.Client{}, fmt.Errorf("no customer %q", customer)
}

// answer implements tokens.Answer, with the lifetime of the moment.
func (i *Issuer) answer(id, secret string) (token string, left time.Duration, err error) {
	for _, c := range i.Pool.Clients {
		if c.ID == id && c.Secret == secret {
			return i.token(c.ID)
		}
	}
	return "", 0, errors.New("no such client")
}

// token returns the client's token of this moment: one of those that were made before
// a rotation while the new key is only announced, else a new one.
func (i *Issuer) token(id string) (token string, left time.Duration, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := time.Now()
	if now.Sub(i.rotated) < announcement {
		var latest dated
		for _, d := range i.held[id] {
			if !d.from.After(now) {
				latest = d
			}
		}
		return latest.token, latest.until.Sub(now), nil
	}
	token, err = i.Cognito.Issue(id, mockcognito.IssueOptions{Lifetime: i.life})
	return token, i.life, err
}
