// Package tokens serves the keys of a user pool, and tokens that are signed with them,
// on this machine.
//
// The keys are mockcognito's. The customers, and how long their tokens live, are what
// the owner of a [Server] says: a pool has a thousand clients at most, and a life for
// each. A Server can be stopped and serve again.
package tokens

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/spillway/spillway/mockcognito"
)

const (
	// timeout bounds a request, maxRequest its body.
	timeout    = 10 * time.Second
	maxRequest = 64 << 10
)

// Answer returns a token for who knows a secret, and how long it lives. It may be called
// concurrently.
type Answer func(id, secret string) (token string, life time.Duration, err error)

// Server issues tokens. Serve and Stop are for one goroutine.
type Server struct {
	Cognito *mockcognito.Server
	Pool    mockcognito.Pool

	addr    string
	answer  Answer
	http    *http.Server
	serving sync.WaitGroup
}

// New returns a server of a pool that does not serve yet.
func New(addr string, pool mockcognito.Pool, answer Answer) (*Server, error) {
	cognito, err := mockcognito.New(mockcognito.Config{Pools: []mockcognito.Pool{pool}})
	if err != nil {
		return nil, fmt.Errorf("token issuer: %w", err)
	}
	return &Server{Cognito: cognito, Pool: cognito.Pools()[0], addr: addr, answer: answer}, nil
}

// Serve listens, for the first time or again.
func (s *Server) Serve(ctx context.Context) error {
	lis, err := new(net.ListenConfig).Listen(ctx, "tcp", s.addr)
	if err != nil {
		return fmt.Errorf("token issuer: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth2/token", s.serveToken)
	mux.Handle("/", s.Cognito)
	s.http = &http.Server{Handler: mux, ReadTimeout: timeout, WriteTimeout: timeout}
	s.serving.Go(func() { _ = s.http.Serve(lis) }) // ends with ErrServerClosed
	return nil
}

// Stop has nobody listen any more: whoever asks is refused the connection.
func (s *Server) Stop() {
	_ = s.http.Close() // nothing that is cut off matters
	s.serving.Wait()
}

// TokenURL is where tokens are asked for.
func (s *Server) TokenURL() string { return "http://" + s.addr + "/oauth2/token" }

// KeySetURL is where the keys are.
func (s *Server) KeySetURL() string {
	return "http://" + s.addr + "/" + s.Pool.ID + "/.well-known/jwks.json"
}

// serveToken is the token endpoint.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	w.Header().Set("Content-Type", "application/json")
	token, life, err := s.answer(r.PostFormValue("client_id"), r.PostFormValue("client_secret"))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprint(w, `{"error":"invalid_client"}`) // the client has gone
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{ // the client has gone
		"access_token": token, "expires_in": int(life / time.Second), "token_type": "Bearer",
	})
}
