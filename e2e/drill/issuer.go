package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spillway/spillway/mockcognito"
	"github.com/spillway/spillway/pkg/client"
)

const (
	// everything is what all subscribers of a drill read.
	everything = "weather.us.>"
	// defaultLife is Cognito's.
	defaultLife = time.Hour
	// issuerTimeout bounds a request.
	issuerTimeout = 10 * time.Second
	// maxTokenRequest bounds its body.
	maxTokenRequest = 64 << 10
)

// issuer issues the tokens of a drill's customers, as many as there are: a user pool has
// a thousand at most, so the keys are a pool's and the customers are not. A customer
// is who has been given credentials. Its methods may be called concurrently, but for
// stop and serve.
type issuer struct {
	cognito  *mockcognito.Server
	pool     mockcognito.Pool
	addr     string
	http     *http.Server
	serving  sync.WaitGroup
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

func newIssuer(ctx context.Context) (*issuer, error) {
	const scope = "spillway/" + everything
	cognito, err := mockcognito.New(mockcognito.Config{Pools: []mockcognito.Pool{{
		Name:            "drill",
		ResourceServers: []mockcognito.ResourceServer{{Identifier: "spillway", Scopes: []string{everything}}},
		Clients:         []mockcognito.Client{{Name: "everybody", Scopes: []string{scope}}},
	}}})
	if err != nil {
		return nil, err
	}
	addr, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	i := &issuer{cognito: cognito, pool: cognito.Pools()[0], addr: addr, customers: map[string]*customer{}}
	return i, i.serve(ctx)
}

// serve listens, for the first time or again.
func (i *issuer) serve(ctx context.Context) error {
	lis, err := new(net.ListenConfig).Listen(ctx, "tcp", i.addr)
	if err != nil {
		return fmt.Errorf("token issuer: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth2/token", i.serveToken)
	mux.Handle("/", i.cognito)
	i.http = &http.Server{Handler: mux, ReadTimeout: issuerTimeout, WriteTimeout: issuerTimeout}
	i.serving.Go(func() { _ = i.http.Serve(lis) }) // ends with ErrServerClosed
	return nil
}

// stop has nobody listen any more: whoever asks is refused the connection.
func (i *issuer) stop() {
	_ = i.http.Close() // nothing that is cut off matters
	i.serving.Wait()
}

// keySetURL is where the issuer's keys are.
func (i *issuer) keySetURL() string {
	return "http://" + i.addr + "/" + i.pool.ID + "/.well-known/jwks.json"
}

// customer returns the credentials of another customer, whose tokens live so long, in
// whole seconds.
func (i *issuer) customer(life time.Duration) client.Credentials {
	i.mu.Lock()
	defer i.mu.Unlock()
	id := "customer" + strconv.Itoa(len(i.customers))
	one := &customer{secret: "secret-of-" + id, life: life}
	i.customers[id] = one
	return client.Credentials{ClientID: id, ClientSecret: one.secret, TokenURL: "http://" + i.addr + "/oauth2/token"}
}

// until returns when the last token of a customer ends.
func (i *issuer) until(id string) time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.customers[id].until
}

// serveToken is the token endpoint.
func (i *issuer) serveToken(w http.ResponseWriter, r *http.Request) {
	i.requests.Add(1)
	r.Body = http.MaxBytesReader(w, r.Body, maxTokenRequest)
	w.Header().Set("Content-Type", "application/json")
	token, life, err := i.token(r.PostFormValue("client_id"), r.PostFormValue("client_secret"))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprint(w, `{"error":"invalid_client"}`) // the client has gone
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{ // the client has gone
		"access_token": token, "expires_in": int(life / time.Second), "token_type": "Bearer",
	})
}

func (i *issuer) token(id, secret string) (string, time.Duration, error) {
	now := time.Now().Truncate(time.Second)
	life, err := i.admit(id, secret, now)
	if err != nil {
		return "", 0, err
	}
	token, err := i.cognito.Issue(i.pool.Clients[0].ID, mockcognito.IssueOptions{
		IssuedAt: now, Lifetime: life, Claims: map[string]any{"client_id": id, "sub": id},
	})
	return token, life, err
}

// admit checks the credentials, and notes that there is a token from now on.
func (i *issuer) admit(id, secret string, now time.Time) (life time.Duration, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	one := i.customers[id]
	if one == nil || one.secret != secret {
		return 0, fmt.Errorf("no such customer: %q", id)
	}
	one.until = now.Add(one.life)
	return one.life, nil
}
