package mockcognito

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
)

// world is a server with the test pools, as the SDK sees it.
type world struct {
	*idp.Client
	server *Server
	url    string
}

func newWorld(t testing.TB, cfg Config) world {
	t.Helper()
	server, web := newTestServer(t, cfg)
	return world{sdkClient(web), server, web.URL}
}

func sdkClient(web *httptest.Server) *idp.Client {
	return idp.New(idp.Options{
		BaseEndpoint: aws.String(web.URL), Region: "us-east-1", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("any", "key", ""),
	})
}

// wantError checks the code and the message of an error of the API.
func wantError(t *testing.T, err error, code, message string) {
	t.Helper()
	var got smithy.APIError
	if !errors.As(err, &got) {
		t.Errorf("%v, want %s", err, code)
		return
	}
	if got.ErrorCode() != code || got.ErrorMessage() != message {
		t.Errorf("%s: %s\nwant %s: %s", got.ErrorCode(), got.ErrorMessage(), code, message)
	}
}

// machine is the input for a client that may have tokens.
func machine(scopes ...string) *idp.CreateUserPoolClientInput {
	return &idp.CreateUserPoolClientInput{
		UserPoolId: aws.String(testPoolID), ClientName: aws.String("machine"), GenerateSecret: true,
		AllowedOAuthFlows: []types.OAuthFlowType{types.OAuthFlowTypeClientCredentials}, AllowedOAuthFlowsUserPoolClient: true,
		AllowedOAuthScopes: scopes,
	}
}

func (w world) createClient(t testing.TB, in *idp.CreateUserPoolClientInput) *types.UserPoolClientType {
	t.Helper()
	out, err := w.CreateUserPoolClient(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out.UserPoolClient
}

// token asks for a token by Basic authentication.
func (w world) token(t testing.TB, path, id, secret string) answer {
	t.Helper()
	req := tokenRequestTo(t, w.url+path, url.Values{"grant_type": {"client_credentials"}})
	req.SetBasicAuth(id, secret)
	return do(t, req)
}

// refusal is what the token endpoint answers without a token.
func refusal(t *testing.T, got answer, want oauthError) {
	t.Helper()
	if got.status != http.StatusBadRequest || got.body != `{"error":"`+string(want)+`"}` {
		t.Errorf("%d %s, want %s", got.status, got.body, want)
	}
}

func scopeOf(t *testing.T, w world, got answer) string {
	t.Helper()
	if got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	token, _, _ := strings.Cut(strings.TrimPrefix(got.body, `{"access_token":"`), `"`)
	claims, err := verify(verifier(t, w.url), token)
	if err != nil {
		t.Fatal(err)
	}
	scope, _ := claims["scope"].(string)
	return scope
}
