package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
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

// Own implements Stack: there is nobody else.
func (f *files) Own(name string) string { return name }

// Promptly implements Stack.
func (f *files) Promptly() time.Duration { return time.Second }

// AWS implements Stack.
func (f *files) AWS() aws.Config {
	return aws.Config{Region: f.end.Region, BaseEndpoint: &f.end.AWS, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
}

// StreamName implements Stack.
func (f *files) StreamName() string { return f.end.Stream }

// FailureBucket implements Stack.
func (f *files) FailureBucket() string { return f.end.FailureBucket }

// FunctionName implements Stack.
func (f *files) FunctionName() string { return f.end.Function }

// Outside implements Stack: functions are processes of this machine.
func (f *files) Outside() []string { return f.redisTrust() }

// LoseRedis implements Stack.
func (f *files) LoseRedis(t *testing.T) {
	t.Helper()
	conn := f.dialRedis(t)
	defer conn.Close()
	const ok = "+OK\r\n"
	if _, err := io.WriteString(conn, "*1\r\n$8\r\nFLUSHALL\r\n"); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, len(ok))
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != ok {
		t.Fatalf("Redis answers %q to FLUSHALL: %v", answer, err)
	}
}

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
	return trustOnly(f.end.InsideCAFile)
}

// trustOnly are variables by which a program trusts an authority and need not read the hundreds that a system has, which takes one
// with the race detector longer than it gives a connection.
func trustOnly(path string) []string {
	return []string{"SSL_CERT_FILE=" + path, "SSL_CERT_DIR=" + filepath.Dir(path)}
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
	roots, err := readAuthority(path)
	if err != nil {
		t.Fatal(err)
	}
	return roots
}

func readAuthority(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate", path)
	}
	return roots, nil
}

func host(t *testing.T, text string) string {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}
