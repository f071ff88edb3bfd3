package authn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// leeway is how far the issuer's clock and ours may differ.
	leeway = 30 * time.Second
	// maxTokenBytes bounds what is parsed at all; Cognito's tokens with 50 scopes of
	// full length have about 20 KB.
	maxTokenBytes = 32 << 10
)

// Config says which tokens to trust.
type Config struct {
	// Issuer is the exact iss of tokens, such as
	// https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE.
	Issuer string
	// KeySetURL is where the keys are; empty means Issuer + /.well-known/jwks.json.
	KeySetURL string
	// InsecureKeySet allows http to other hosts than loopback.
	InsecureKeySet bool
	// ResourceServers are the identifiers whose scopes are grants, at least one.
	ResourceServers []string
	// Remember is how many tokens are remembered; 0 means DefaultRemembered.
	Remember int
	// Client fetches the key set; nil means a client of its own.
	Client *http.Client
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger is told of failures to fetch keys; nil means nobody is.
	Logger *slog.Logger
}

// mistakes returns all that is wrong with a configuration.
func (c *Config) mistakes() error {
	var errs []error
	if c.Issuer == "" {
		errs = append(errs, errors.New("issuer: must not be empty"))
	}
	if len(c.ResourceServers) == 0 {
		errs = append(errs, errors.New("resource servers: there must be one at least"))
	}
	for _, s := range c.ResourceServers {
		if s == "" || strings.ContainsAny(s, " \t\r\n") {
			errs = append(errs, fmt.Errorf("resource servers: %q: must be an identifier without blanks", s))
		}
	}
	if c.Remember < 0 {
		errs = append(errs, fmt.Errorf("remembered tokens: is %d, must not be negative", c.Remember))
	}
	return errors.Join(append(errs, checkKeySetURL(c.KeySetURL, c.InsecureKeySet))...)
}

// withDefaults returns c with what is not set.
func (c Config) withDefaults() Config {
	if c.KeySetURL == "" {
		c.KeySetURL = c.Issuer + "/.well-known/jwks.json"
	}
	if c.Remember == 0 {
		c.Remember = DefaultRemembered
	}
	if c.Client == nil {
		c.Client = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Verifier verifies tokens of one issuer.
type Verifier struct {
	resourceServers []string
	keys            *keySet
	memory          *memory
	parser          *jwt.Parser
}

// New returns a verifier, or all mistakes of cfg. It does not fetch keys: Run or the
// first token does.
func New(cfg Config) (*Verifier, error) {
	cfg = cfg.withDefaults()
	if err := cfg.mistakes(); err != nil {
		return nil, err
	}
	memory, err := newMemory(cfg.Remember, cfg.Now)
	if err != nil {
		return nil, err
	}
	return &Verifier{
		resourceServers: cfg.ResourceServers,
		keys:            newKeySet(cfg),
		memory:          memory,
		parser: jwt.NewParser(
			jwt.WithStrictDecoding(),
			jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}),
			jwt.WithIssuer(cfg.Issuer),
			jwt.WithExpirationRequired(),
			jwt.WithIssuedAt(),
			jwt.WithLeeway(leeway),
			jwt.WithTimeFunc(cfg.Now),
		),
	}, nil
}

// Run fetches the key set. Until there is one it tries again, with growing pauses;
// then it returns nil. Its error is ctx's. Without it the first token fetches the set,
// and those that come while the issuer is down fail with ErrUnavailable for longer.
func (v *Verifier) Run(ctx context.Context) error { return v.keys.fill(ctx) }

// Verify checks a token, or recalls that it has. Its error is an *Error, or wraps
// ErrUnavailable or ctx's.
func (v *Verifier) Verify(ctx context.Context, token string) (Identity, error) {
	if len(token) > maxTokenBytes {
		return Identity{}, refuse("the token is larger than %d bytes", maxTokenBytes)
	}
	if id, live, ok := v.memory.recall(token); live {
		return id, nil
	} else if ok {
		return Identity{}, expired(id.Expires)
	}
	id, err := v.verify(ctx, token)
	if err == nil {
		v.memory.remember(token, id)
	}
	return id, err
}

// Known returns what a token says if Verify took it before, it has not expired and
// it is still remembered. It never verifies: under an attack with many tokens, who has
// no time to verify them can still serve those whom it knows.
func (v *Verifier) Known(token string) (Identity, bool) {
	if len(token) > maxTokenBytes {
		return Identity{}, false
	}
	if id, live, _ := v.memory.recall(token); live {
		return id, true
	}
	return Identity{}, false
}

func (v *Verifier) verify(ctx context.Context, token string) (Identity, error) {
	if !spelled(token) {
		return Identity{}, notJWT()
	}
	var c claims
	_, err := v.parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		kid, err := keyID(t.Raw)
		if err != nil {
			return nil, err
		}
		return v.keys.key(ctx, kid)
	})
	if err != nil {
		return Identity{}, explain(err, c)
	}
	if err := c.check(); err != nil {
		return Identity{}, err
	}
	may, err := grants(c.scope, v.resourceServers)
	if err != nil {
		return Identity{}, err
	}
	return Identity{ClientID: c.clientID, TokenID: c.ID, Grants: may, Issued: c.IssuedAt.Time, Expires: c.ExpiresAt.Time}, nil
}
