package e2e

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/spillway/spillway/mockcognito"
	"github.com/spillway/spillway/pkg/client"
	"github.com/spillway/spillway/pkg/stack"
)

// files are what a local stack of either kind keeps in its directory: how to reach it,
// and as whom.
type files struct {
	dir, bin string
	end      stack.Endpoints
}

// AWS implements Stack.
func (f *files) AWS() aws.Config {
	return aws.Config{Region: f.end.Region, BaseEndpoint: &f.end.AWS, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
}

// StreamName implements Stack.
func (f *files) StreamName() string { return f.end.Stream }

// FailureBucket implements Stack.
func (f *files) FailureBucket() string { return f.end.FailureBucket }

// Client implements Stack.
func (f *files) Client(t *testing.T, customer string) client.Config {
	t.Helper()
	c, ok := f.end.Customers[customer]
	if !ok {
		t.Fatalf("no customer %s", customer)
	}
	return client.Config{Endpoint: f.end.Gateway, CAFile: f.end.CAFile, Credentials: client.Credentials{ClientID: c.ClientID, ClientSecret: c.Secret, TokenURL: f.end.TokenURL}}
}

// ExpiredToken implements Stack: the stack's own keys sign it.
func (f *files) ExpiredToken(t *testing.T, customer string) string {
	t.Helper()
	cfg, err := mockcognito.LoadConfig(filepath.Join(f.dir, "pools.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.StateFile = filepath.Join(f.dir, "cognito.json")
	issuer, err := mockcognito.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Issue(f.end.Customers[customer].ClientID, mockcognito.IssueOptions{Lifetime: -time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Command implements Stack.
func (f *files) Command(t *testing.T, customer string) []string {
	t.Helper()
	return []string{filepath.Join(f.bin, "spillway"), "--config", filepath.Join(f.dir, "customers", customer+".yaml")}
}

// OperatorCommand implements Stack.
func (f *files) OperatorCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(f.bin, "spillway"), args...)
	cmd.Env = append(os.Environ(), "SPILLWAY_REDIS_URL="+f.end.Redis, "SPILLWAY_USER_POOL_ID="+stack.PoolID,
		"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER="+strings.TrimSuffix(f.end.TokenURL, "/oauth2/token"))
	return cmd
}

func host(t *testing.T, text string) string {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}
