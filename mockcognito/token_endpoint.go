package mockcognito

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
)

// tokenResponse is the answer to a token request, in Cognito's order.
type tokenResponse struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int64  `json:"expires_in"`
	TokenType   string `json:"token_type"`
}

// errorResponse is every other answer.
type errorResponse struct {
	Error oauthError `json:"error"`
}

// serveToken is the token endpoint of the pool whose domain is in the path, or of the first pool.
func (s *Server) serveToken(w *response, r *http.Request) {
	p := s.directory().poolByDomain(r.PathValue("domain"))
	if p == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.note(slog.String("pool_id", p.id))
	setTokenHeaders(w.Header())
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || mediaType != "application/x-www-form-urlencoded" {
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if status, code, ok := s.knobs.refusal(p.id); ok {
		w.note(slog.String("error", code), slog.Bool("injected", true))
		s.writeJSON(w, status, tokenContentType, errorResponse{Error: oauthError(code)})
		return
	}
	answer, err := s.answerToken(w, r, p)
	var refused oauthError
	switch {
	case errors.As(err, &refused):
		w.note(slog.String("error", string(refused)))
		s.writeJSON(w, http.StatusBadRequest, tokenContentType, errorResponse{Error: refused})
	case err != nil:
		s.log.ErrorContext(r.Context(), "token not issued", slog.Any("error", err))
		w.WriteHeader(http.StatusInternalServerError)
	default:
		s.writeJSON(w, http.StatusOK, tokenContentType, answer)
	}
}

// tokenContentType is Cognito's, without a blank.
const tokenContentType = "application/json;charset=UTF-8"

// setTokenHeaders sets what Cognito sends with every answer of the token endpoint, errors too.
func setTokenHeaders(h http.Header) {
	id := uuid.NewString()
	h.Set("X-Amz-Cognito-Request-Id", id)
	h.Set("X-Amz-Request-Id", id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Xss-Protection", "1; mode=block")
	h.Set("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "0")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Set-Cookie", "XSRF-TOKEN="+uuid.NewString()+"; Path=/; Secure; HttpOnly")
}

func (s *Server) answerToken(w *response, r *http.Request, p *pool) (tokenResponse, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxTokenRequest+1))
	if err != nil || len(body) > maxTokenRequest {
		return tokenResponse{}, errInvalidRequest
	}
	req, err := decodeTokenRequest(r.Header.Get("Authorization"), body)
	if err != nil {
		return tokenResponse{}, err
	}
	c := p.client(req.clientID)
	if !c.authentic(req.clientSecret) {
		return tokenResponse{}, errInvalidClient
	}
	w.note(slog.String("client_id", c.id))
	if err := c.mayUse(req.grantType); err != nil {
		return tokenResponse{}, err
	}
	scopes, dropped := p.grant(c, req.scopes)
	if dropped > 0 {
		s.log.WarnContext(r.Context(), "scopes not allowed for the client were ignored, as cognito does",
			slog.String("client_id", c.id), slog.Int("ignored", dropped), slog.Any("granted", scopes))
	}
	if len(scopes) == 0 {
		return tokenResponse{}, errInvalidScope
	}
	token, err := s.issue(p, c, IssueOptions{Scopes: scopes})
	if err != nil {
		return tokenResponse{}, err
	}
	return tokenResponse{token, int64(s.knobs.expiresIn(p, c) / time.Second), "Bearer"}, nil
}

// authentic reports whether the secret is one of the client's, or the client has none and neither has the request. It
// compares digests, so that neither the place of the first difference nor the length of a secret shows in the time it
// takes, and does the same work for a client that is unknown.
func (c *client) authentic(given string) bool {
	known := [maxSecrets]string{}
	if c != nil {
		for i, s := range c.secrets {
			known[i] = s.Value
		}
	}
	got, equal := sha256.Sum256([]byte(given)), 0
	for _, value := range known {
		want := sha256.Sum256([]byte(value))
		equal |= subtle.ConstantTimeCompare(want[:], got[:])
	}
	public := c != nil && len(c.secrets) == 0
	return c != nil && equal == 1 && (given == "") == public
}

// mayUse says what becomes of a grant type, apart from scopes. There is no authorization endpoint here, so a code or a
// refresh token is never one that was issued. A client whose AllowedOAuthFlowsUserPoolClient is not true gets
// invalid_grant (github.com/aws/aws-sdk-js-v3/issues/7158, github.com/boto/boto3/issues/3916).
func (c *client) mayUse(grantType string) error {
	codeClient := slices.Contains(c.oauth.flows, FlowCode)
	switch {
	case !c.oauth.enabled:
		return errInvalidGrant
	case grantType == "client_credentials" && slices.Contains(c.oauth.flows, FlowClientCredentials):
		return nil
	case grantType != "client_credentials" && codeClient:
		return errInvalidGrant
	default:
		return errUnauthorizedClient
	}
}

// grant returns the scopes that a request for these gets, and how many it does not get. No scopes asks for all.
func (p *pool) grant(c *client, asked []string) (granted []string, dropped int) {
	all := p.scopesOf(c)
	if asked == nil {
		return all, 0
	}
	granted = slices.DeleteFunc(slices.Clone(asked), func(scope string) bool { return !slices.Contains(all, scope) })
	return granted, len(asked) - len(granted)
}
