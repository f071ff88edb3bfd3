package gateway

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/spillway/spillway/mockcognito"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// authority makes certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{key: newECKey(t)}
	a.cert = a.sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, a.key)
	return a
}

func newECKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *authority) sign(t *testing.T, cert *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	return a.signOf(t, cert, key, func(*x509.Certificate) {})
}

// signOf signs a certificate that edit has had a look at.
func (a *authority) signOf(t *testing.T, cert *x509.Certificate, key *ecdsa.PrivateKey, edit func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	parent := a.cert
	if parent == nil {
		parent = cert
	}
	cert.SerialNumber, cert.NotBefore, cert.NotAfter = big.NewInt(time.Now().UnixNano()), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	edit(cert)
	der, err := x509.CreateCertificate(rand.Reader, cert, parent, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	got, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// issue makes a certificate that is good for 127.0.0.1, as a server and as a client.
func (a *authority) issue(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key := newECKey(t)
	cert := a.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, key)
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// write writes files into dir.
func write(t *testing.T, dir string, ca *authority, pair tls.Certificate) TLSFiles {
	t.Helper()
	f := TLSFiles{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), ClientCA: filepath.Join(dir, "ca.pem")}
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{
		f.Cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, f.Key: {Type: "PRIVATE KEY", Bytes: key}, f.ClientCA: {Type: "CERTIFICATE", Bytes: ca.cert.Raw},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// certificateSource is what certificates come from: files or texts.
type certificateSource interface {
	Credentials(*slog.Logger, *Metrics) (credentials.TransportCredentials, error)
}

// text are the files' contents.
func (f TLSFiles) text(t *testing.T) TLSText {
	t.Helper()
	var text TLSText
	for path, into := range map[string]*string{f.Cert: &text.Cert, f.Key: &text.Key, f.ClientCA: &text.ClientCA} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		*into = string(b)
	}
	return text
}

// newTLSWorld is a world with TLS of the source on a port of its own.
func newTLSWorld(t *testing.T, f certificateSource, client *tls.Config) *world {
	t.Helper()
	lis := listenTCP(t)
	return newWorldOn(t, lis, func(c *Config) {
		c.setDefaults()
		var err error
		if c.Credentials, err = f.Credentials(c.Logger, c.Metrics); err != nil {
			t.Fatal(err)
		}
	}, grpc.WithTransportCredentials(credentials.NewTLS(client)))
}

func listenTCP(t *testing.T) net.Listener {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return lis
}

func TestTLS(t *testing.T) {
	ca := newAuthority(t)
	f := write(t, t.TempDir(), ca, ca.issue(t, "gateway"))
	f.ClientCA = ""
	w := newTLSWorld(t, f, &tls.Config{RootCAs: ca.pool()})
	addr := w.conn.Target()[len("passthrough:///"):]
	w.subscribe(t, w.token(t, mockcognito.IssueOptions{}), &spillwayv1.SubscribeRequest{})
	for _, tt := range []struct {
		name string
		cfg  *tls.Config
		says string
	}{
		{"TLS 1.2", &tls.Config{MaxVersion: tls.VersionTLS12, NextProtos: []string{"h2"}}, ""},
		{"TLS 1.1", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11, NextProtos: []string{"h2"}}, "protocol version"},
		{"no HTTP/2", &tls.Config{NextProtos: []string{"smtp"}}, "no application protocol"},
		{"another authority", &tls.Config{RootCAs: newAuthority(t).pool(), NextProtos: []string{"h2"}}, "unknown authority"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.cfg.RootCAs == nil {
				tt.cfg.RootCAs = ca.pool()
			}
			conn, err := tls.Dial("tcp", addr, tt.cfg)
			if err == nil {
				conn.Close()
			}
			if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("handshake: %v, want %q", err, tt.says)
			}
		})
	}
	t.Run("plaintext", func(t *testing.T) {
		conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := spillwayv1.NewStreamServiceClient(conn).GetAccess(w.token(t, mockcognito.IssueOptions{}), &spillwayv1.GetAccessRequest{}); err == nil {
			t.Error("plaintext is answered")
		}
	})
}

// TestClientCertificates: if they are asked for, a token alone does not do.
func TestClientCertificates(t *testing.T) {
	ca, clients := newAuthority(t), newAuthority(t)
	f := write(t, t.TempDir(), clients, ca.issue(t, "gateway"))
	for name, tt := range map[string]struct {
		certs []tls.Certificate
		fine  bool
	}{
		"one of theirs":     {[]tls.Certificate{clients.issue(t, "customer")}, true},
		"none":              {nil, false},
		"another authority": {[]tls.Certificate{ca.issue(t, "customer")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, source := range []certificateSource{f, f.text(t)} {
				w := newTLSWorld(t, source, &tls.Config{RootCAs: ca.pool(), Certificates: tt.certs})
				_, err := w.client.GetAccess(w.token(t, mockcognito.IssueOptions{}), &spillwayv1.GetAccessRequest{})
				if (err == nil) != tt.fine {
					t.Errorf("%T: GetAccess: %v", source, err)
				}
			}
		})
	}
}

// TestCertificatesAreReadAgain: new ones are used once they are whole, and bad ones not.
func TestCertificatesAreReadAgain(t *testing.T) {
	ca := newAuthority(t)
	dir := t.TempDir()
	f := write(t, dir, ca, ca.issue(t, "first"))
	var logs bytes.Buffer
	now := time.Now()
	m, err := f.read()
	if err != nil {
		t.Fatal(err)
	}
	c := &certificates{files: f, log: slog.New(slog.NewTextHandler(&logs, nil)), metrics: NewMetrics(nil), now: func() time.Time { return now }, current: m, stamp: f.stamp()}
	want := func(name string) {
		t.Helper()
		if got := c.get().pair.Leaf.Subject.CommonName; got != name {
			t.Errorf("in force is %s, want %s", got, name)
		}
	}
	want("first")
	write(t, dir, ca, ca.issue(t, "second"))
	want("first") // not looked at so soon
	now = now.Add(certificateCheck)
	want("second")
	whole := f
	if err := os.Rename(f.Key, f.Key+".gone"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(certificateCheck)
	want("second")
	write(t, t.TempDir(), ca, ca.issue(t, "elsewhere"))
	if err := os.WriteFile(f.Key, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(certificateCheck)
	want("second")
	if n := strings.Count(logs.String(), "certificates not usable"); n != 2 {
		t.Errorf("told %d times: %s", n, &logs)
	}
	write(t, dir, ca, ca.issue(t, "third"))
	now = now.Add(certificateCheck)
	want("third")
	if err := whole.Validate(); err != nil {
		t.Error(err)
	}
}

func TestTLSFilesTellAllMistakes(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.pem")
	if err := os.WriteFile(bad, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := TLSFiles{Cert: filepath.Join(dir, "none"), Key: bad, ClientCA: bad}.Validate()
	for _, want := range []string{"certificate " + dir, "client authorities " + bad + ": has no certificate"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Validate = %v, want it to say %q", err, want)
		}
	}
}
