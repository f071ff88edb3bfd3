package authn

import (
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// maxLifetime is how long Cognito lets access tokens live. It bounds how long a
	// token outlives the key it was signed with.
	maxLifetime = 24 * time.Hour
	// maxTime is the end of the year 9999: what timestamps can say.
	maxTime = 253402300799
	// maxIDBytes bounds client ids (Cognito's have up to 128) and token ids.
	maxIDBytes = 128
)

// claims is what matters of Cognito's access token.
type claims struct {
	jwt.RegisteredClaims
	tokenUse, scope, clientID string
}

// UnmarshalJSON takes exactly what Cognito writes: every name once and in its own
// spelling, texts that are texts, times that are whole seconds. Package json would
// take more, and would have one token mean different things to different readers.
func (c *claims) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	c.Issuer = o.text("iss", required)
	c.Subject = o.text("sub", required)
	c.ID = o.text("jti", optional)
	c.tokenUse = o.text("token_use", required)
	c.clientID = o.text("client_id", required)
	c.scope = o.text("scope", optional)
	c.ExpiresAt = o.seconds("exp", required)
	c.IssuedAt = o.seconds("iat", required)
	c.NotBefore = o.seconds("nbf", optional)
	return o.err
}

// check holds the claims, whose signature, issuer and times the parser has checked,
// against what the token of a client has.
func (c *claims) check() error {
	switch {
	case c.IssuedAt == nil: // the claims were null
		return notJWT()
	case c.tokenUse != "access":
		return refuse("the token is no access token (token_use is %.20q)", c.tokenUse)
	case !printable(c.clientID) || c.clientID == "":
		return refuse("the token's client_id must be 1 to %d bytes of printable ASCII", maxIDBytes)
	case !printable(c.ID):
		return refuse("the token's jti must be at most %d bytes of printable ASCII", maxIDBytes)
	case c.Subject != c.clientID:
		return refuse("the token is of a user: get one with the client's own credentials (grant_type client_credentials)")
	case c.ExpiresAt.Sub(c.IssuedAt.Time) > maxLifetime:
		return refuse("the token lives longer than %v, which is too long", maxLifetime)
	}
	return nil
}

// printable tells whether s can be logged and compared as it is.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) <= maxIDBytes
}

// seconds reads a time, in whole seconds since 1970. Floats are refused: beyond 2^53
// they are not exact, and beyond 2^63 processors disagree about what they are.
func (o *object) seconds(name string, must bool) *jwt.NumericDate {
	raw, ok := o.field(name, must)
	if !ok {
		return nil
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || n <= 0 || n > maxTime {
		o.fail("the token's %s must be a whole number of seconds since 1970", name)
		return nil
	}
	return jwt.NewNumericDate(time.Unix(n, 0))
}
