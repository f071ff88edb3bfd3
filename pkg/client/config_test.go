package client

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

func TestEndpoint(t *testing.T) {
	t.Parallel()
	tests := []struct {
		config  Config
		address string
		plain   bool
	}{
		{Config{Endpoint: "events.example.com"}, "events.example.com:443", false},
		{Config{Endpoint: "events.example.com:8443"}, "events.example.com:8443", false},
		{Config{Endpoint: "events.example.com:8443", Plaintext: true}, "events.example.com:8443", true},
		{Config{Endpoint: "127.0.0.1:50051"}, "127.0.0.1:50051", true},
		{Config{Endpoint: "localhost:50051"}, "localhost:50051", true},
		{Config{Endpoint: "[::1]:50051"}, "[::1]:50051", true},
		{Config{Endpoint: "[2001:db8::1]"}, "[2001:db8::1]:443", false},
		{Config{Endpoint: "localhost:50051", CAFile: "ca.pem"}, "localhost:50051", false},
		{Config{Endpoint: "localhost:50051", CertFile: "cert.pem", KeyFile: "key.pem"}, "localhost:50051", false},
		{Config{Endpoint: "grpcs://localhost:50051"}, "localhost:50051", false},
		{Config{Endpoint: "https://events.example.com/"}, "events.example.com:443", false},
		{Config{Endpoint: "grpc://events.example.com:80"}, "events.example.com:80", true},
		{Config{Endpoint: "http://10.0.0.1:8080"}, "10.0.0.1:8080", true},
	}
	for _, tt := range tests {
		got, err := tt.config.endpoint()
		if want := (endpoint{tt.address, tt.plain}); got != want || err != nil {
			t.Errorf("%+v: %+v, %v, want %+v", tt.config.Endpoint, got, err, want)
		}
	}
}

func TestEndpointRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		config Config
		says   string
	}{
		{Config{}, "endpoint is empty"},
		{Config{Endpoint: "events.example.com:http"}, `port "http" must be 1 to 65535`},
		{Config{Endpoint: "events.example.com:0"}, "must be 1 to 65535"},
		{Config{Endpoint: ":443"}, "the host is missing"},
		{Config{Endpoint: "a:b:c"}, "must be host:port"},
		{Config{Endpoint: "ftp://events.example.com"}, "scheme must be"},
		{Config{Endpoint: "https://events.example.com/v1"}, "without a path"},
		{Config{Endpoint: "https://me@events.example.com"}, "or a user"},
		{Config{Endpoint: "grpc://events.example.com"}, "the port is missing"},
		{Config{Endpoint: "grpcs://events.example.com", Plaintext: true}, "contradicts plaintext"},
		{Config{Endpoint: "events.example.com:1", Plaintext: true, CAFile: "ca.pem"}, "contradicts plaintext"},
	}
	for _, tt := range tests {
		if _, err := tt.config.endpoint(); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q: err = %v, want it to say %q", tt.config.Endpoint, err, tt.says)
		}
	}
}

// TestNoPasswordInErrors: a secret in an address is a mistake, and is not repeated.
func TestNoPasswordInErrors(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"https://news:s3cret@example.com", "news:s3cret@example.com", "ftp://news:s3cret@example.com/p", "https://%zz:s3cret@e", "http://example.com/?secret=s3cret", "ftp://e/?x=s3cret"} {
		_, errEndpoint := (Config{Endpoint: text}).endpoint()
		for _, err := range []error{errEndpoint, checkTokenURL(text, false)} {
			if err == nil || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s: err = %v", text, err)
			}
		}
	}
}

func TestNewListsEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := New(Config{CAFile: filepath.Join(t.TempDir(), "none.pem"), StreamWindowBytes: 1, MaxMessageBytes: -1,
		Credentials: Credentials{TokenURL: "http://auth.example.com/oauth2/token"}})
	if err == nil {
		t.Fatal("New took an empty Config")
	}
	for _, says := range []string{"endpoint is empty", "CA file", "client id is empty", "client secret is empty",
		"must be https", "stream window is 1 bytes, must be 65536 to 67108864", "maximal message is -1 bytes"} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("the error does not say %q:\n%v", says, err)
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	c := Config{Endpoint: "e:1", Credentials: Credentials{ClientID: "news", ClientSecret: "s3cret", TokenURL: "https://t"}}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, c); strings.Contains(text, "s3cret") || !strings.Contains(text, "news") {
			t.Errorf("%s prints %s", format, text)
		}
	}
}

func TestSecretsAreNotLogged(t *testing.T) {
	t.Parallel()
	c := Credentials{ClientID: "news", ClientSecret: "s3cret", TokenURL: "https://t"}
	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(handler).Info("connects", "as", c, "config", Config{Credentials: c})
	}
	if text := out.String(); strings.Contains(text, "s3cret") || strings.Count(text, "client news at https://t") < 3 {
		t.Errorf("logged: %s", text)
	}
}

// TestTLS speaks to a gateway whose certificate only a CA file vouches for.
func TestTLS(t *testing.T) {
	t.Parallel()
	cert, caFile := selfSigned(t)
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{access: func(int) (*spillwayv1.GetAccessResponse, error) {
		return &spillwayv1.GetAccessResponse{ClientId: "news"}, nil
	}}
	server := grpc.NewServer(grpc.Creds(credentials.NewServerTLSFromCert(&cert)))
	spillwayv1.RegisterStreamServiceServer(server, g)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := server.Serve(lis); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Errorf("serve: %v", err)
		}
	})
	defer wg.Wait()
	defer server.Stop()

	config := g.config()
	config.Dial = nil
	config.Endpoint = "grpcs://" + lis.Addr().String()
	access := func(config Config) (Access, error) {
		c, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.Access(t.Context())
	}
	if _, err := access(config); status.Code(err) != codes.FailedPrecondition || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("without the CA file: err = %v, want one about the certificate", err)
	}
	config.CAFile = caFile
	if got, err := access(config); err != nil || got.ClientID != "news" {
		t.Errorf("with the CA file: %+v, %v", got, err)
	}
}

func TestCAFileWithoutCertificates(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (Config{CAFile: path}).rootCAs(); err == nil || !strings.Contains(err.Error(), "holds no PEM certificate") {
		t.Errorf("err = %v", err)
	}
}

// selfSigned returns a certificate for 127.0.0.1 and a file that vouches for it.
func selfSigned(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, path
}

func TestBearerNeedsTLSUnlessPlaintext(t *testing.T) {
	t.Parallel()
	if !(bearer{"t", false}).RequireTransportSecurity() || (bearer{"t", true}).RequireTransportSecurity() {
		t.Error("RequireTransportSecurity does not follow plaintext")
	}
	md, err := bearer{"t", false}.GetRequestMetadata(context.Background())
	if err != nil || md["authorization"] != "Bearer t" {
		t.Errorf("metadata = %v, %v", md, err)
	}
}

func TestIsLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "127.0.0.1": true, "127.1.2.3": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "localhost.example.com": false, "10.0.0.1": false, "0.0.0.0": false,
	} {
		if got := IsLoopback(host); got != want {
			t.Errorf("%q: %v, want %v", host, got, want)
		}
	}
}
