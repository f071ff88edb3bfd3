package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"net"
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
	if inside := filepath.Join(f.dir, "state", "cognito.json"); cfg.Reserved.PoolID != "" {
		cfg.StateFile = inside // where the template has made the pool
	}
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
	cmd.Env = append(append(os.Environ(), f.redisTrust()...), "SPILLWAY_REDIS_URL="+f.end.Redis, "SPILLWAY_USER_POOL_ID="+stack.PoolID,
		"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER="+strings.TrimSuffix(f.end.TokenURL, "/oauth2/token"))
	return cmd
}

// redisTrust are variables of who reaches Redis.
func (f *files) redisTrust() []string {
	if f.end.InsideCAFile == "" {
		return nil
	}
	return []string{"SSL_CERT_FILE=" + f.end.InsideCAFile}
}

// dialRedis connects to Redis, by TLS if it has it.
func (f *files) dialRedis(t *testing.T) net.Conn {
	t.Helper()
	addr := host(t, f.end.Redis)
	var conn net.Conn
	var err error
	if strings.HasPrefix(f.end.Redis, "rediss:") {
		conn, err = tls.Dial("tcp", addr, &tls.Config{RootCAs: authority(t, f.end.InsideCAFile)})
	} else {
		conn, err = net.Dial("tcp", addr)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func authority(t *testing.T, path string) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(path)
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(text) {
		t.Fatalf("the authority in %s: %v", path, err)
	}
	return roots
}

func host(t *testing.T, text string) string {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}
