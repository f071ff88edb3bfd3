package ecr

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// user is the user name of every token.
const user = "AWS"

// AuthorizationData is a token and where it is good.
type AuthorizationData struct {
	AuthorizationToken string  `json:"authorizationToken"` // base64 of USER:PASSWORD
	ExpiresAt          float64 `json:"expiresAt"`          // seconds since the epoch
	ProxyEndpoint      string  `json:"proxyEndpoint"`
}

// GetAuthorizationToken makes a token for the registry.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
func (s *Service) GetAuthorizationToken(context.Context) AuthorizationData {
	expires := s.cfg.Clock().Add(tokenTime)
	return AuthorizationData{
		AuthorizationToken: base64.StdEncoding.EncodeToString([]byte(user + ":" + s.password(expires))),
		ExpiresAt:          epoch(expires), ProxyEndpoint: strings.TrimSuffix(s.cfg.Endpoint, "/"),
	}
}

// password says when it expires, and proves that it is from here; so none has to be remembered.
func (s *Service) password(expires time.Time) string {
	at := strconv.FormatInt(expires.Unix(), 10)
	mac := hmac.New(sha256.New, s.key[:])
	mac.Write([]byte(at))
	return at + "." + hex.EncodeToString(mac.Sum(nil))
}

// authorize checks the token of a request to the registry.
func (s *Service) authorize(r *http.Request) *wireError {
	name, password, ok := r.BasicAuth()
	at, _, _ := strings.Cut(password, ".")
	seconds, err := strconv.ParseInt(at, 10, 64)
	expires := time.Unix(seconds, 0)
	switch {
	case !ok:
		return wire(http.StatusUnauthorized, "UNAUTHORIZED", "no basic auth credentials")
	case name != user || err != nil || !hmac.Equal([]byte(password), []byte(s.password(expires))):
		return wire(http.StatusUnauthorized, "UNAUTHORIZED", "Not Authorized")
	case !s.cfg.Clock().Before(expires):
		return wire(http.StatusForbidden, "DENIED", "Your authorization token has expired. Reauthenticate and try again.")
	}
	return nil
}
