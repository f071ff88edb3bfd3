package authn

import (
	"encoding/base64"
	"strings"
)

// maxKeyIDBytes bounds the id of a key; Cognito's have 44.
const maxKeyIDBytes = 256

// keyID returns the id of the key that a token says it is signed by. It is all that
// counts of what a header says of keys: jku, jwk, x5u and x5c are never looked at.
// Headers that change what a signature covers or how a token is read are refused
// (RFC 7515, 4.1.11; RFC 7797; RFC 7516, 4.1.3).
func keyID(token string) (string, error) {
	head, _, _ := strings.Cut(token, ".")
	data, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return "", notJWT()
	}
	o, err := parseObject(data)
	if err != nil {
		return "", err
	}
	for _, name := range []string{"crit", "b64", "zip"} {
		if o.has(name) {
			return "", refuse("the token's header has %s, which is not supported", name)
		}
	}
	kid := o.text("kid", required)
	switch {
	case o.err != nil:
		return "", o.err
	case kid == "" || len(kid) > maxKeyIDBytes:
		return "", refuse("the token's kid must be 1 to %d bytes long", maxKeyIDBytes)
	}
	return kid, nil
}

// spelled tells whether token has the one spelling that a token may have: Go's base64
// skips line ends, and what else is around a token would be skipped by others.
func spelled(token string) bool {
	for i := range len(token) {
		c := token[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}
