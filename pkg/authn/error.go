package authn

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// ErrUnavailable says that a token cannot be judged now: trying again is right.
var ErrUnavailable = errors.New("authentication is not available")

// errUnknownKey says that the key set has no such key.
var errUnknownKey error = &Error{"the token is signed by a key that the issuer does not publish"}

// Error says why a token is refused, in words fit for who sent it. What it repeats of
// the token is quoted and short.
type Error struct{ Reason string }

func (e *Error) Error() string { return e.Reason }

func refuse(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

func notJWT() error {
	return refuse("the token is not a JWT: send the access_token that the token endpoint returned")
}

func expired(at time.Time) error {
	return refuse("the token expired at %s: get a new one", at.UTC().Format(time.RFC3339))
}

// explain turns the parser's error into one for the holder of the token.
func explain(err error, c claims) error {
	if own, ok := errors.AsType[*Error](err); ok {
		return own
	}
	switch {
	case errors.Is(err, ErrUnavailable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, jwt.ErrTokenMalformed):
		return notJWT()
	case errors.Is(err, jwt.ErrTokenSignatureInvalid), errors.Is(err, jwt.ErrTokenUnverifiable):
		return refuse("the token's signature or its algorithm is not valid (RS256 is required)")
	case errors.Is(err, jwt.ErrTokenInvalidIssuer), errors.Is(err, jwt.ErrTokenRequiredClaimMissing): // iss is ""
		return refuse("the token is of another issuer (iss is %.100q)", c.Issuer)
	case errors.Is(err, jwt.ErrTokenExpired):
		return expired(c.ExpiresAt.Time)
	case errors.Is(err, jwt.ErrTokenUsedBeforeIssued), errors.Is(err, jwt.ErrTokenNotValidYet):
		return refuse("the token is not valid yet: is the clock right?")
	default:
		return refuse("the token is not valid")
	}
}
