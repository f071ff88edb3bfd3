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

	"github.com/spillway/spillway/pkg/topic"
)

const (
	// leeway is how far the issuer's clock and ours may differ.
	leeway = 30 * time.Second
	// maxTokenBytes bounds what is parsed at all; Cognito's tokens with 50 scopes of
	// full length have about 20 KB.
	maxTokenBytes = 32 << 10
	// maxGrants is Cognito's limit of scopes per client.
	maxGrants = 50
)

// ErrUnavailable says that a token cannot be judged now: trying again is right.
var ErrUnavailable = errors.New("authentication is not available")

// Error says why a token is refused, in words fit for who sent it.
type Error struct{ Reason string }

func (e *Error) Error() string { return e.Reason }

func refuse(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// Identity is what a token says.
type Identity struct {
	ClientID string
	TokenID  string          // jti
	Grants   []topic.Pattern // what it may read, without patterns that others cover
	Expires  time.Time
}

// Config says which tokens to trust.
type Config struct {
	// Issuer is the exact iss of tokens, such as
	// https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE.
	Issuer string
	// KeySetURL is where the keys are; empty means Issuer + /.well-known/jwks.json.
	KeySetURL string
	// InsecureKeySet allows http to other hosts than loopback.
	InsecureKeySet bool
	// ResourceServer is the identifier whose scopes are grants.
	ResourceServer string
	// Client fetches the key set; nil means a client of its own.
	Client *http.Client
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger is told of failures to fetch keys; nil means nobody is.
	Logger *slog.Logger
}

// Verifier verifies tokens of one issuer.
type Verifier struct {
	resourceServer string
	keys           *keySet
	parser         *jwt.Parser
	now            func() time.Time
}

// New returns a verifier, or all mistakes of cfg. It does not fetch keys: Warm or
// the first token does.
func New(cfg Config) (*Verifier, error) {
	if cfg.KeySetURL == "" {
		cfg.KeySetURL = cfg.Issuer + "/.well-known/jwks.json"
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	}
	var errs []error
	if cfg.Issuer == "" {
		errs = append(errs, errors.New("issuer: must not be empty"))
	}
	if cfg.ResourceServer == "" {
		errs = append(errs, errors.New("resource server: must not be empty"))
	}
	errs = append(errs, checkKeySetURL(cfg.KeySetURL, cfg.InsecureKeySet))
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	next := cfg.Client.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	client := *cfg.Client
	client.Transport = limitBody{next}
	client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		return checkKeySetURL(r.URL.String(), cfg.InsecureKeySet)
	}
	return &Verifier{
		resourceServer: cfg.ResourceServer,
		keys:           &keySet{url: cfg.KeySetURL, client: &client, log: cfg.Logger, now: cfg.Now},
		now:            cfg.Now,
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}),
			jwt.WithIssuer(cfg.Issuer),
			jwt.WithExpirationRequired(),
			jwt.WithIssuedAt(),
			jwt.WithLeeway(leeway),
			jwt.WithTimeFunc(cfg.Now),
		),
	}, nil
}

// Warm fetches the key set if there is none yet, so that the first subscriber need
// not wait. Its error says why there is none; tokens make it try again.
func (v *Verifier) Warm(ctx context.Context) error {
	if _, err := v.keys.key(ctx, ""); err != nil && !errors.Is(err, errUnknownKey) {
		return err
	}
	return nil
}

// claims is what matters of Cognito's access token.
type claims struct {
	jwt.RegisteredClaims
	TokenUse string `json:"token_use"`
	Scope    string `json:"scope"`
	ClientID string `json:"client_id"`
}

// Verify checks a token. Its error is an *Error, or wraps ErrUnavailable or ctx's.
func (v *Verifier) Verify(ctx context.Context, token string) (Identity, error) {
	if len(token) > maxTokenBytes {
		return Identity{}, refuse("the token is larger than %d bytes", maxTokenBytes)
	}
	var c claims
	_, err := v.parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		// keyed by kid only: jku, x5u and jwk headers are never looked at
		kid, _ := t.Header["kid"].(string)
		if kid == "" {
			return nil, refuse("the token names no key (kid)")
		}
		return v.keys.key(ctx, kid)
	})
	if err != nil {
		return Identity{}, v.explain(err, c)
	}
	switch {
	case c.TokenUse != "access":
		return Identity{}, refuse("the token is no access token (token_use is %q)", c.TokenUse)
	case c.ClientID == "":
		return Identity{}, refuse("the token has no client_id")
	}
	return Identity{ClientID: c.ClientID, TokenID: c.ID, Grants: v.grants(c.Scope), Expires: c.ExpiresAt.Time}, nil
}

// explain turns the parser's error into one for the holder of the token.
func (v *Verifier) explain(err error, c claims) error {
	var own *Error
	switch {
	case errors.Is(err, ErrUnavailable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &own):
		return own
	case errors.Is(err, errUnknownKey):
		return refuse("%s", errUnknownKey)
	case errors.Is(err, jwt.ErrTokenMalformed):
		return refuse("the token is not a JWT: send the access_token that the token endpoint returned")
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return refuse("the token's signature or its algorithm is not valid (RS256 is required)")
	case errors.Is(err, jwt.ErrTokenExpired) && c.ExpiresAt != nil:
		return refuse("the token expired at %s: get a new one", c.ExpiresAt.UTC().Format(time.RFC3339))
	case errors.Is(err, jwt.ErrTokenInvalidIssuer):
		return refuse("the token is of another issuer (iss is %q)", c.Issuer)
	case errors.Is(err, jwt.ErrTokenUsedBeforeIssued), errors.Is(err, jwt.ErrTokenNotValidYet):
		return refuse("the token is not valid yet: is the clock right?")
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return refuse("the token lacks a required claim (exp)")
	default:
		return refuse("the token is not valid")
	}
}

// grants reads the patterns from the scopes of our resource server. A scope whose
// name is no pattern grants nothing.
func (v *Verifier) grants(scope string) []topic.Pattern {
	var ps []topic.Pattern
	for s := range strings.FieldsSeq(scope) {
		slash := strings.LastIndexByte(s, '/')
		if slash < 0 || s[:slash] != v.resourceServer || len(ps) == maxGrants {
			continue
		}
		if p, err := topic.Parse(s[slash+1:]); err == nil {
			ps = append(ps, p)
		}
	}
	return topic.Canonical(ps)
}
