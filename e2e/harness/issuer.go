package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

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
	// maxTokenRequest bounds the body of a request.
	maxTokenRequest = 64 << 10
	issuerTimeout   = 10 * time.Second
)

// Issuer hands out access tokens as Cognito does, with any lifetime.
type Issuer struct {
	cognito *mockcognito.Server
	pool    mockcognito.Pool
	http    *http.Server
	addr    string
	serving sync.WaitGroup

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
	cognito, err := mockcognito.New(poolOf(customers))
	if err != nil {
		return nil, fmt.Errorf("token issuer: %w", err)
	}
	lis, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("token issuer: %w", err)
	}
	i := &Issuer{cognito: cognito, pool: cognito.Pools()[0], addr: addr, life: DefaultTokenLife}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth2/token", i.serveToken)
	mux.Handle("/", cognito)
	i.http = &http.Server{Handler: mux, ReadTimeout: issuerTimeout, WriteTimeout: issuerTimeout}
	i.serving.Go(func() { _ = i.http.Serve(lis) }) // ends with ErrServerClosed
	return i, nil
}

// poolOf makes the user pool of the customers.
func poolOf(customers []Customer) mockcognito.Config {
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
	return mockcognito.Config{Pools: []mockcognito.Pool{{
		ID: stack.PoolID, Name: "spillway", Clients: clients,
		ResourceServers: []mockcognito.ResourceServer{{Identifier: stack.ResourceServer, Scopes: patterns}},
	}}}
}

// TokenURL is where tokens are asked for.
func (i *Issuer) TokenURL() string { return "http://" + i.addr + "/oauth2/token" }

// KeySetURL is where the keys are.
func (i *Issuer) KeySetURL() string {
	return "http://" + i.addr + "/" + i.pool.ID + "/.well-known/jwks.json"
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
	return i.cognito.Issue(c.ID, mockcognito.IssueOptions{Lifetime: life})
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
	for _, c := range i.pool.Clients {
		for at := start; at.Before(start.Add(announcement + time.Second)); at = at.Add(time.Second) {
			token, err := i.cognito.Issue(c.ID, mockcognito.IssueOptions{IssuedAt: at, Lifetime: i.life})
			if err != nil {
				return false, err
			}
			held[c.ID] = append(held[c.ID], dated{at, at.Add(i.life), token})
		}
	}
	if err := i.cognito.RotateKeys(i.pool.ID); err != nil {
		return false, err
	}
	i.held, i.rotated = held, time.Now()
	return true, nil
}

func (i *Issuer) client(customer string) (mockcognito.Client, error) {
	for _, c := range i.pool.Clients {
		if c.Name == customer {
			return c, nil
		}
	}
	return mockcognito.Client{}, fmt.Errorf("no customer %q", customer)
}

// serveToken is the token endpoint, with the lifetime of the moment.
func (i *Issuer) serveToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxTokenRequest)
	w.Header().Set("Content-Type", "application/json")
	token, life, err := i.answer(r.PostFormValue("client_id"), r.PostFormValue("client_secret"))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprint(w, `{"error":"invalid_client"}`) // the client has gone
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{ // the client has gone
		"access_token": token, "expires_in": int(life / time.Second), "token_type": "Bearer",
	})
}

func (i *Issuer) answer(id, secret string) (token string, left time.Duration, err error) {
	for _, c := range i.pool.Clients {
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
	token, err = i.cognito.Issue(id, mockcognito.IssueOptions{Lifetime: i.life})
	return token, i.life, err
}

func (i *Issuer) close() {
	_ = i.http.Close() // nobody asks any more
	i.serving.Wait()
}
