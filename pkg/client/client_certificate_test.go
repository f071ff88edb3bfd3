package client

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
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

// authority makes certificates.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	file string // of cert
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{file: filepath.Join(t.TempDir(), "ca.pem")}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a.key, a.cert = a.sign(t, template)
	writePEM(t, a.file, "CERTIFICATE", a.cert.Raw)
	return a
}

// sign makes a key and a certificate for it; without a certificate of its own, by itself.
func (a *authority) sign(t *testing.T, template *x509.Certificate) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, cert
}

// issue writes a client's certificate with serial, and its key.
func (a *authority) issue(t *testing.T, serial int64, notAfter time.Time, files certificateFiles) {
	t.Helper()
	key, cert := a.sign(t, &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: notAfter, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, files.cert, "CERTIFICATE", cert.Raw)
	writePEM(t, files.key, "PRIVATE KEY", der)
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// strictGateway asks for certificates of a, and notes their serial numbers.
type strictGateway struct {
	*gateway
	address string

	mu      sync.Mutex // guards serials
	serials []int64
}

func newStrictGateway(t *testing.T, a *authority) *strictGateway {
	t.Helper()
	key, cert := a.sign(t, &x509.Certificate{SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}})
	s := &strictGateway{gateway: &gateway{access: func(int) (*spillwayv1.GetAccessResponse, error) { return &spillwayv1.GetAccessResponse{}, nil }}}
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}},
		ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: pool, VerifyConnection: s.note,
	})))
	spillwayv1.RegisterStreamServiceServer(server, s)
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = lis.Addr().String()
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := server.Serve(lis); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(func() {
		server.Stop()
		wg.Wait()
	})
	return s
}

func (s *strictGateway) note(state tls.ConnectionState) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serials = append(s.serials, state.PeerCertificates[0].SerialNumber.Int64())
	return nil
}

// TestClientCertificate shows the certificate that is there when a connection begins.
func TestClientCertificate(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	g := newStrictGateway(t, a)
	dir := t.TempDir()
	files := certificateFiles{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	a.issue(t, 7, time.Now().Add(time.Hour), files)
	config := g.config()
	config.Dial, config.Endpoint, config.CAFile, config.CertFile, config.KeyFile = nil, g.address, a.file, files.cert, files.key
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for n := range int64(3) {
		if _, err := c.Access(t.Context()); err != nil {
			t.Fatalf("connection %d: %v", n, err)
		}
		c.conns.retire(c.conns.current)
		a.issue(t, 8+n, time.Now().Add(time.Hour), files)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.serials) != 3 || g.serials[0] != 7 || g.serials[1] != 8 || g.serials[2] != 9 {
		t.Errorf("the gateway saw %v, want 7, 8 and 9", g.serials)
	}
}

// TestACertificateThatTheGatewayRefuses is told, or the connection's end is: which of
// both the network brings is a matter of luck.
func TestACertificateThatTheGatewayRefuses(t *testing.T) {
	t.Parallel()
	a, other := newAuthority(t), newAuthority(t)
	g := newStrictGateway(t, a)
	dir := t.TempDir()
	files := certificateFiles{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	other.issue(t, 7, time.Now().Add(time.Hour), files)
	for says, files := range map[string]certificateFiles{
		"the endpoint asks for a client certificate: ":            {},
		"the endpoint does not accept the client's certificate: ": files,
	} {
		config := g.config()
		config.Dial, config.Endpoint, config.CAFile, config.CertFile, config.KeyFile = nil, g.address, a.file, files.cert, files.key
		c, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, err = c.Access(t.Context())
		t.Log(err)
		final := status.Code(err) == codes.FailedPrecondition && strings.Contains(err.Error(), says)
		if !final && status.Code(err) != codes.Unavailable {
			t.Errorf("err = %v, want it to say %q", err, says)
		}
	}
}

func TestClientCertificateRefuses(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	good, over := certificateFiles{path("cert.pem"), path("key.pem")}, certificateFiles{path("over.pem"), path("over.key")}
	a.issue(t, 7, time.Now().Add(time.Hour), good)
	a.issue(t, 8, time.Now().Add(-time.Hour), over)
	garbage := path("garbage.pem")
	if err := os.WriteFile(garbage, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		config Config
		says   string
	}{
		{"no key", Config{CertFile: good.cert}, "a client certificate needs its key file, too"},
		{"no certificate", Config{KeyFile: good.key}, "a client's key needs its certificate file, too"},
		{"no file", Config{CertFile: path("none"), KeyFile: good.key}, path("none") + ": no such file or directory"},
		{"no PEM", Config{CertFile: garbage, KeyFile: good.key}, "client certificate " + garbage + " with key " + good.key + ": tls: failed to find any PEM data in certificate input"},
		{"no key in the key's file", Config{CertFile: good.cert, KeyFile: good.cert}, "found a certificate rather than a key"},
		{"another's key", Config{CertFile: good.cert, KeyFile: over.key}, "private key does not match public key"},
		{"a certificate of yesterday", Config{CertFile: over.cert, KeyFile: over.key}, "client certificate " + over.cert + " is over since "},
		{"without TLS", Config{CertFile: good.cert, KeyFile: good.key, Plaintext: true}, "a client certificate contradicts plaintext"},
	}
	for _, tt := range tests {
		tt.config.Endpoint, tt.config.Credentials = "127.0.0.1:1", Credentials{Token: "x"}
		_, err := New(tt.config)
		if err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: err = %v, want it to say %q", tt.name, err, tt.says)
		}
	}
}

// TestNoKeyInErrors: nothing of a key file is in an error, wherever it is damaged.
func TestNoKeyInErrors(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	dir := t.TempDir()
	files := certificateFiles{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	a.issue(t, 7, time.Now().Add(time.Hour), files)
	key, err := os.ReadFile(files.key)
	if err != nil {
		t.Fatal(err)
	}
	for at := range key {
		damaged := bytes.Clone(key)
		damaged[at] ^= 1
		if err := os.WriteFile(files.key, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		err := files.validate()
		for line := range bytes.Lines(damaged) {
			if err != nil && len(line) > 30 && !bytes.HasPrefix(line, []byte("-")) && bytes.Contains([]byte(err.Error()), line[:20]) {
				t.Fatalf("byte %d: %v", at, err)
			}
		}
	}
}
