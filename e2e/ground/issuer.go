package ground

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spillway/spillway/e2e/tokens"
	"github.com/spillway/spillway/mockcognito"
	"github.com/spillway/spillway/pkg/client"
)

const (
	// Everything is what customers may read.
	Everything = "weather.us.>"
	// TokenLife is how long Cognito's tokens live.
	TokenLife = time.Hour
)

// Issuer issues the tokens of customers, of whom there are as many as are asked for. Its
// methods may be called concurrently, but for Stop and Serve.
type Issuer struct {
	*tokens.Server
	requests atomic.Int64 // for tokens

	mu        sync.Mutex // guards customers and what they have
	customers map[string]*customer
}

// customer is a client of the pool, but for the pool.
type customer struct {
	secret string
	life   time.Duration // of tokens
	until  time.Time     // when the last one ends
}

func newIssuer(ctx context.Context, addr string) (*Issuer, error) {
	i := &Issuer{customers: map[string]*customer{}}
	var err error
	i.Server, err = tokens.New(addr, mockcognito.Pool{
		Name:            "ground",
		ResourceServers: []mockcognito.ResourceServer{{Identifier: "spillway", Scopes: []string{Everything}}},
		Clients:         []mockcognito.Client{{Name: "everybody", Scopes: []string{"spillway/" + Everything}}},
	}, i.answer)
	if err != nil {
		return nil, err
	}
	if err := i.Serve(ctx); err != nil {
		return nil, err
	}
	return i, nil
}

// Requests is how many there were for tokens so far.
func (i *Issuer) Requests() int64 { return i.requests.Load() }

// Customer returns the credentials of another customer, whose tokens live so long, in
// whole seconds.
func (i *Issuer) Customer(life time.Duration) client.Credentials {
	i.mu.Lock()
	defer i.mu.Unlock()
	id := idOf(len(i.customers))
	one := &customer{secret: "secret-of-" + id, life: life}
	i.customers[id] = one
	return client.Credentials{ClientID: id, ClientSecret: one.secret, TokenURL: i.TokenURL()}
}

// idOf is the client id of a customer by its number.
func idOf(number int) string { return "customer" + strconv.Itoa(number) }

// Token returns a token without a request; there is a customer for every number.
func (i *Issuer) Token(number int) (string, error) {
	return i.issue(idOf(number), time.Now(), TokenLife)
}

// Until returns when the last token that a customer has asked for ends.
func (i *Issuer) Until(id string) time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.customers[id].until
}

// answer implements tokens.Answer.
func (i *Issuer) answer(id, secret string) (token string, life time.Duration, err error) {
	i.requests.Add(1)
	now := time.Now().Truncate(time.Second)
	if life, err = i.admit(id, secret, now); err != nil {
		return "", 0, err
	}
	token, err = i.issue(id, now, life)
	return token, life, err
}

func (i *Issuer) issue(id string, at time.Time, life time.Duration) (string, error) {
	return i.Cognito.Issue(i.Pool.Clients[0].ID, mockcognito.IssueOptions{
		IssuedAt: at, Lifetime: life, Claims: map[string]any{"client_id": id, "sub": id},
	})
}

// admit checks the credentials, and notes that there is a token from now on.
func (i *Issuer) admit(id, secret string, now time.Time) (life time.Duration, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	one := i.customers[id]
	if one == nil || one.secret != secret {
		return 0, fmt.Errorf("no such customer: %q", id)
	}
	one.until = now.Add(one.life)
	return one.life, nil
}
