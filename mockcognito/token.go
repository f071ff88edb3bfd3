package mockcognito

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// SigningKey says which key a token is signed with.
type SigningKey int

const (
	// AccessKey is the pool's key for access tokens, the right one.
	AccessKey SigningKey = iota
	// IDKey is the pool's key for id tokens, which is in the key set too.
	IDKey
	// ForeignKey is in no key set.
	ForeignKey
)

// IssueOptions change what [Server.Issue] makes of a token. The zero value makes the one that the token endpoint would
// give to a request without scope.
type IssueOptions struct {
	// Scopes go into the token unchecked; the client's if nil.
	Scopes []string
	// Issuer is the iss claim; the pool's if empty.
	Issuer string
	// TokenUse is the token_use claim; "access" if empty.
	TokenUse string
	// IssuedAt is the iat and auth_time claim; the server's clock if zero.
	IssuedAt time.Time
	// Lifetime is how long after IssuedAt the token expires; the client's validity, or what SetTokenLifetime has put
	// in its place, if zero. A negative one makes a token that has expired.
	Lifetime time.Duration
	// Key is the key to sign with, and the kid in the header.
	Key SigningKey
	// Claims and Header are set last, over what the other fields say; a nil value removes the claim. The signature is
	// RS256 whatever the header says.
	Claims, Header map[string]any
}

// tokenHeader is all that Cognito puts into a token's header: no typ.
type tokenHeader struct {
	Kid string `json:"kid"`
	Alg string `json:"alg"`
}

// tokenClaims are Cognito's, in Cognito's order: no aud.
type tokenClaims struct {
	Sub      string `json:"sub"`
	TokenUse string `json:"token_use"`
	Scope    string `json:"scope"`
	AuthTime int64  `json:"auth_time"`
	Iss      string `json:"iss"`
	Exp      int64  `json:"exp"`
	Iat      int64  `json:"iat"`
	Version  int    `json:"version"`
	Jti      string `json:"jti"`
	ClientID string `json:"client_id"`
}

// Issue makes a token for the client with that id without any request, also such as Cognito would never issue. The error
// is [ErrUnknownClient], or that Claims or Header are not JSON.
func (s *Server) Issue(clientID string, opts IssueOptions) (string, error) {
	p, c := s.directory().client(clientID)
	if c == nil {
		return "", fmt.Errorf("%w %s", ErrUnknownClient, clip(clientID))
	}
	return s.issue(p, c, opts)
}

func (s *Server) issue(p *pool, c *client, opts IssueOptions) (string, error) {
	key, err := s.signingKey(p.keys[0], opts.Key)
	if err != nil {
		return "", err
	}
	header, err := overlay(tokenHeader{Kid: key.kid, Alg: "RS256"}, opts.Header)
	if err != nil {
		return "", fmt.Errorf("token header: %w", err)
	}
	claims, err := overlay(s.claims(p, c, opts), opts.Claims)
	if err != nil {
		return "", fmt.Errorf("token claims: %w", err)
	}
	return sign(key, header, claims)
}

func (s *Server) signingKey(pair keyPair, which SigningKey) (signingKey, error) {
	switch which {
	case AccessKey:
		return pair.access, nil
	case IDKey:
		return pair.id, nil
	case ForeignKey:
		return s.foreign()
	default:
		return signingKey{}, fmt.Errorf("mockcognito: IssueOptions.Key: %d is not a SigningKey", which)
	}
}

func (s *Server) claims(p *pool, c *client, opts IssueOptions) tokenClaims {
	scopes, issuer, use := opts.Scopes, opts.Issuer, opts.TokenUse
	if scopes == nil {
		scopes = p.scopesOf(c)
	}
	if issuer == "" {
		issuer = p.issuer()
	}
	if use == "" {
		use = "access"
	}
	issued, lifetime := opts.IssuedAt, opts.Lifetime
	if issued.IsZero() {
		issued = s.clock.now()
	}
	if lifetime == 0 {
		lifetime = s.knobs.lifetime(p, c)
	}
	return tokenClaims{
		Sub:      c.id,
		TokenUse: use,
		Scope:    strings.Join(scopes, " "),
		AuthTime: issued.Unix(),
		Iss:      issuer,
		Exp:      issued.Add(lifetime).Unix(),
		Iat:      issued.Unix(),
		Version:  2,
		Jti:      uuid.NewString(),
		ClientID: c.id,
	}
}

// overlay encodes base with the members of over set or, where nil, removed.
func overlay(base any, over map[string]any) ([]byte, error) {
	data, err := encodeJSON(base)
	if err != nil || len(over) == 0 {
		return data, err
	}
	// Raw members keep the numbers as they were written: as float64 they would come back with an exponent.
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, err
	}
	for name, value := range over {
		if value == nil {
			delete(members, name)
			continue
		}
		if members[name], err = encodeJSON(value); err != nil {
			return nil, err
		}
	}
	return encodeJSON(members)
}

// encodeJSON leaves < and > as they are, which Go would escape and Cognito does not: ">" is common in scopes.
func encodeJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

func sign(key signingKey, header, claims []byte) (string, error) {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode(header) + "." + encode(claims)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, key.private, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return signed + "." + encode(signature), nil
}
