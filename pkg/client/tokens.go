package client

import (
	"context"
	"time"

	"golang.org/x/oauth2"
	grpccreds "google.golang.org/grpc/credentials"
)

// A token is renewed this long before it expires, or a tenth of its life where
// that is less, so that a stream does not start with one about to end.
const renewBefore = time.Minute

// tokens shares one token among the streams of a client.
type tokens struct {
	credentials Credentials
	// turn, of capacity one, is held by who reads or changes the fields below, also
	// while a token is fetched: the others wait for the same one, each as long as
	// its ctx lets it.
	turn    chan struct{}
	current *oauth2.Token
	renewAt time.Time // zero: never
}

func newTokens(c Credentials) *tokens {
	return &tokens{credentials: c, turn: make(chan struct{}, 1)}
}

// get returns the shared token, and whether this very call fetched it.
func (t *tokens) get(ctx context.Context) (token *oauth2.Token, fresh bool, err error) {
	if err := t.lock(ctx); err != nil {
		return nil, false, err
	}
	defer t.unlock()
	if t.current != nil && (t.renewAt.IsZero() || time.Now().Before(t.renewAt)) {
		return t.current, false, nil
	}
	token, err = t.credentials.Fetch(ctx)
	if err != nil {
		return nil, false, err
	}
	t.current, t.renewAt = token, time.Time{}
	if !token.Expiry.IsZero() {
		life := time.Until(token.Expiry)
		t.renewAt = token.Expiry.Add(-min(renewBefore, life/10))
	}
	return token, true, nil
}

// drop makes the next get fetch a new token, unless somebody has already.
func (t *tokens) drop(ctx context.Context, token *oauth2.Token) error {
	if err := t.lock(ctx); err != nil {
		return err
	}
	defer t.unlock()
	if t.current == token {
		t.current = nil
	}
	return nil
}

func (t *tokens) lock(ctx context.Context) error {
	select {
	case t.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *tokens) unlock() { <-t.turn }

// bearer attaches a token to a call.
type bearer struct {
	token     string
	plaintext bool
}

var _ grpccreds.PerRPCCredentials = bearer{}

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + b.token}, nil
}

// RequireTransportSecurity makes gRPC refuse to send the token over a connection
// that turns out not to be encrypted.
func (b bearer) RequireTransportSecurity() bool { return !b.plaintext }
