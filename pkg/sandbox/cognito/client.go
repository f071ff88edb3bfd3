package cognito

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

const (
	// TargetPrefix begins the X-Amz-Target of this API.
	TargetPrefix = "AWSCognitoIdentityProviderService."
	// callTimeout bounds one call; the service is on the same machine.
	callTimeout = 10 * time.Second
	// maxAnswerBytes bounds an answer, of which the largest describe a pool.
	maxAnswerBytes = 1 << 20
)

// Config is what a [Client] needs. All of it is required.
type Config struct {
	// Endpoint is the URL of the user pool service.
	Endpoint          string
	Region, AccountID string
}

// Client calls a user pool service. Make one with [New].
type Client struct {
	cfg   Config
	http  *http.Client
	proxy *httputil.ReverseProxy
}

// New returns a client. It calls nobody yet.
func New(cfg Config) (*Client, error) {
	u, err := url.Parse(cfg.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("cognito: endpoint %q is no http URL", cfg.Endpoint)
	}
	if cfg.Region == "" || cfg.AccountID == "" {
		return nil, errors.New("cognito: Region and AccountID must be set")
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }}
	return &Client{cfg: cfg, http: &http.Client{Timeout: callTimeout}, proxy: proxy}, nil
}

// ServeHTTP hands a request on to the service.
func (c *Client) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.proxy.ServeHTTP(w, r) }

// call runs an operation. What the service refuses is a HandlerError with its message. One that is under way is waited for
// even if ctx ends: what it makes would be known to nobody, and never deleted.
func (c *Client) call(ctx context.Context, operation string, in map[string]any, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	req, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodPost, c.cfg.Endpoint, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", TargetPrefix+operation)
	// Who speaks for a template needs no key: a signature has to be there, and is not checked.
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=cloudformation/20250101/"+c.cfg.Region+
		"/cognito-idp/aws4_request, SignedHeaders=host, Signature=0")
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("%s: the user pool service does not answer: %w", operation, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes))
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	if resp.StatusCode != http.StatusOK {
		return refusal(operation, resp.StatusCode, answer)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s: read the answer: %w", operation, err)
	}
	return nil
}

// refusal gives an error of the API the code that a resource handler would.
func refusal(operation string, status int, body []byte) error {
	var e struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(body, &e); err != nil || e.Type == "" {
		return fmt.Errorf("%s: the user pool service answers with status %d", operation, status)
	}
	code := cloudformation.CodeInvalidRequest
	switch name := e.Type[strings.LastIndexByte(e.Type, '#')+1:]; name {
	case "ResourceNotFoundException":
		code = cloudformation.CodeNotFound
	case "LimitExceededException":
		code = "ServiceLimitExceeded"
	case "InternalErrorException":
		code = "ServiceInternalError"
	}
	return &cloudformation.HandlerError{Code: code, Message: fmt.Sprintf("%s (Service: CognitoIdentityProvider, Status Code: %d)", e.Message, status)}
}

// Provisioners are those of the types that the client makes.
func (c *Client) Provisioners() map[string]cloudformation.Provisioner {
	return map[string]cloudformation.Provisioner{
		"AWS::Cognito::UserPool":               userPool{c},
		"AWS::Cognito::UserPoolDomain":         domain{c},
		"AWS::Cognito::UserPoolResourceServer": resourceServer{c},
		"AWS::Cognito::UserPoolClient":         appClient{c},
	}
}

// with is a copy of properties with some members set, and those left out that are named.
func with(properties, set map[string]any, without ...string) map[string]any {
	in := make(map[string]any, len(properties)+len(set))
	for name, v := range properties {
		in[name] = v
	}
	for _, name := range without {
		delete(in, name)
	}
	for name, v := range set {
		in[name] = v
	}
	return in
}

// refuseProperties refuses properties that would do nothing.
func refuseProperties(r cloudformation.Request, names ...string) error {
	for _, name := range names {
		if _, ok := r.Properties[name]; ok {
			return invalid("%s of %s is not supported by the sandbox", name, r.LogicalID)
		}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return &cloudformation.HandlerError{Code: cloudformation.CodeInvalidRequest, Message: fmt.Sprintf(format, args...)}
}
