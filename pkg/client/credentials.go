package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"google.golang.org/grpc/codes"
)

// tokenTimeout bounds one request to the token endpoint.
const tokenTimeout = 15 * time.Second

// Credentials are how a client gets its access tokens: by the OAuth 2.0
// client-credentials grant (as Amazon Cognito offers it), or one that is given.
type Credentials struct {
	// ClientID, ClientSecret and TokenURL are what the operator of the gateway gave.
	// TokenURL must be https, except on loopback or with Config.Plaintext.
	ClientID, ClientSecret, TokenURL string
	// Scopes narrow the token; none asks for everything the client may have.
	Scopes []string
	// Token, if set, is used as it is in place of all of the above. It cannot be
	// renewed: a stream ends when it expires.
	Token string
	// HTTPClient asks the token endpoint; nil means one with a timeout of 15 s that
	// follows no redirect, so that the secret goes nowhere else.
	HTTPClient *http.Client
}

func (c Credentials) isZero() bool {
	return c.ClientID == "" && c.ClientSecret == "" && c.TokenURL == "" && c.Token == "" && c.Scopes == nil && c.HTTPClient == nil
}

// String tells who c is, without secrets.
func (c Credentials) String() string {
	if c.Token != "" {
		return "a given token"
	}
	return fmt.Sprintf("client %s at %s", c.ClientID, publicPart(c.TokenURL))
}

// GoString keeps secrets out of %#v.
func (c Credentials) GoString() string { return "client.Credentials{" + c.String() + "}" }

// LogValue keeps secrets out of logs, also those in JSON.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Validate returns every mistake in c, joined, or nil.
func (c Credentials) Validate() error { return c.validate(false) }

func (c Credentials) validate(plaintext bool) error {
	if c.Token != "" {
		if strings.ContainsFunc(c.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return errors.New("token must be printable ASCII without spaces")
		}
		return nil
	}
	var errs []error
	if c.ClientID == "" {
		errs = append(errs, errors.New("client id is empty"))
	}
	if c.ClientSecret == "" {
		errs = append(errs, errors.New("client secret is empty"))
	}
	return errors.Join(append(errs, checkTokenURL(c.TokenURL, plaintext))...)
}

// Fetch gets a new token, or returns the given one. Its error is an *Error: with
// codes.Unauthenticated where the endpoint refuses, with codes.Unavailable where
// it may answer later; or the ctx's.
func (c Credentials) Fetch(ctx context.Context) (*oauth2.Token, error) {
	if c.Token != "" {
		return &oauth2.Token{AccessToken: c.Token}, nil
	}
	grant := clientcredentials.Config{
		ClientID: c.ClientID, ClientSecret: c.ClientSecret, TokenURL: c.TokenURL, Scopes: c.Scopes,
		// In the body the secret is form-encoded once, by one rule; in the header
		// servers differ in whether they decode it.
		AuthStyle: oauth2.AuthStyleInParams,
	}
	token, err := grant.Token(context.WithValue(ctx, oauth2.HTTPClient, c.httpClient()))
	if err != nil {
		return nil, c.fetchError(ctx, err)
	}
	return token, nil
}

func (c Credentials) httpClient() *http.Client {
	if c.HTTPClient != nil {
		return c.HTTPClient
	}
	return &http.Client{
		Timeout:       tokenTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// fetchError tells a refusal from a failure that may pass.
func (c Credentials) fetchError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var answered *oauth2.RetrieveError
	var network *url.Error
	switch {
	case errors.As(err, &answered):
		return c.refusal(answered)
	case errors.As(err, &network):
		return &Error{codes.Unavailable, fmt.Sprintf("token endpoint %s: %v", publicPart(c.TokenURL), network.Err)}
	}
	return &Error{codes.Unauthenticated, fmt.Sprintf("token endpoint %s: %v", publicPart(c.TokenURL), err)}
}

func (c Credentials) refusal(err *oauth2.RetrieveError) *Error {
	code, status := codes.Unauthenticated, 0
	if err.Response != nil {
		status = err.Response.StatusCode
	}
	if status == http.StatusTooManyRequests || status >= http.StatusInternalServerError {
		code = codes.Unavailable
	}
	reason := fmt.Sprintf("HTTP %d", status)
	if isErrorCode(err.ErrorCode) {
		reason = fmt.Sprintf("%q (%s)", err.ErrorCode, reason)
	}
	text := fmt.Sprintf("token endpoint %s answers client %q with %s", publicPart(c.TokenURL), c.ClientID, reason)
	if hint := refusalHint(err.ErrorCode); hint != "" {
		text += ": " + hint
	}
	return &Error{code, text}
}

// isErrorCode tells whether code looks like one of RFC 6749. What does not is an answer
// of something else, which may repeat the request with its secret.
func isErrorCode(code string) bool {
	return code != "" && len(code) <= 40 && !strings.ContainsFunc(code, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') })
}

// refusalHint says in words what an error code of RFC 6749, 5.2 means for who
// holds the credentials.
func refusalHint(code string) string {
	switch code {
	case "invalid_client":
		return "the client id is unknown or the secret is wrong"
	case "invalid_scope":
		return "a scope is unknown or not allowed for this client"
	case "unauthorized_client":
		return "the client may not use the client-credentials grant"
	}
	return ""
}
