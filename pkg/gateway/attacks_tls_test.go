package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/test/bufconn"

	"github.com/spillway/spillway/pkg/fanout"
)

// attackTLS: what is not TLS as it has to be, at a gateway that wants certificates of its
// customers.
func attackTLS(t *testing.T, m *mint) {
	ca, clients := newAuthority(t), newAuthority(t)
	files := write(t, t.TempDir(), clients, ca.issue(t, "gateway"))
	good := &tls.Config{RootCAs: ca.pool(), Certificates: []tls.Certificate{clients.issue(t, "customer")}, NextProtos: []string{"h2"}}
	a := newArena(t, m, func(c *Config) {
		c.setDefaults()
		var err error
		if c.Credentials, err = files.Credentials(c.Logger, c.Metrics); err != nil {
			t.Fatal(err)
		}
	}, grpc.WithTransportCredentials(credentials.NewTLS(good)))
	for _, tt := range []struct{ name, text string }{
		{"plaintext HTTP/2", greeting},
		{"plaintext HTTP/1.1", "GET /metrics HTTP/1.1\r\nHost: gateway\r\n\r\n"},
		{"SSL 2", "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + strings.Repeat("\x00", 40)},
		{"record that is too large", "\x16\x03\x01\xff\xff" + strings.Repeat("\x00", 1000)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn := a.dial(t)
			if _, err := io.WriteString(conn, tt.text); err != nil {
				t.Fatal(err)
			}
			wantCutOff(t, conn)
		})
	}
	for _, tt := range []struct {
		name string
		edit func(*tls.Config)
	}{
		{"TLS 1.1", func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }},
		{"TLS 1.0", func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10 }},
		{"broken ciphers", func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}
		}},
		{"no ALPN", func(c *tls.Config) { c.NextProtos = nil }},
		{"no ALPN, TLS 1.2", func(c *tls.Config) { c.NextProtos, c.MaxVersion = nil, tls.VersionTLS12 }},
		{"ALPN of HTTP/1.1", func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} }},
		{"no certificate", func(c *tls.Config) { c.Certificates = nil }},
		{"no certificate, TLS 1.2", func(c *tls.Config) { c.Certificates, c.MaxVersion = nil, tls.VersionTLS12 }},
		{"certificate of another authority", func(c *tls.Config) { c.Certificates = []tls.Certificate{ca.issue(t, "customer")} }},
		{"certificate that has expired", func(c *tls.Config) { c.Certificates = []tls.Certificate{clients.expired(t)} }},
		{"certificate of a server", func(c *tls.Config) { c.Certificates = []tls.Certificate{clients.ofServer(t)} }},
		{"certificate with another's key", func(c *tls.Config) {
			c.Certificates = []tls.Certificate{{Certificate: good.Certificates[0].Certificate, PrivateKey: newECKey(t)}}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := good.Clone()
			tt.edit(cfg)
			cfg.InsecureSkipVerify = true // what the attacker's own end thinks is no matter
			wantCutOff(t, tls.Client(a.dial(t), cfg))
		})
	}
	t.Run("certificate without a token", func(t *testing.T) {
		w := a.wireOn(t, a.tlsDial(t, good))
		w.wantEnd(t, w.call(fields(methodAccess)), "Unauthenticated: no token")
	})
	t.Run("rapid reset", func(t *testing.T) {
		bounded(t, func(height func()) {
			w := a.wireOn(t, a.tlsDial(t, good))
			for range 2000 {
				id, err := w.open(fields(methodAccess))
				if err != nil || w.fr.WriteRSTStream(id, http2.ErrCodeCancel) != nil {
					break
				}
			}
			w.wantEnd(t, w.until(), "connection ended")
			height()
			w.conn.Close()
		})
	})
	a.served(t)
	t.Run("slow", attackSlow)
}

func (a *arena) tlsDial(t *testing.T, cfg *tls.Config) net.Conn {
	t.Helper()
	cfg = cfg.Clone()
	cfg.ServerName = "127.0.0.1"
	return tls.Client(a.dial(t), cfg)
}

// wantCutOff wants a connection to be ended by the gateway before it has sent settings.
func wantCutOff(t *testing.T, conn net.Conn) {
	t.Helper()
	answer := make([]byte, 9)
	n, err := io.ReadFull(conn, answer)
	if timeout := net.Error(nil); err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("the connection is kept (%v): %q", err, answer[:n])
	}
}

// expired is a certificate that has been good.
func (a *authority) expired(t *testing.T) tls.Certificate {
	t.Helper()
	return a.issueOf(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }, x509.ExtKeyUsageClientAuth)
}

// ofServer is a certificate that no client has.
func (a *authority) ofServer(t *testing.T) tls.Certificate {
	t.Helper()
	return a.issueOf(t, func(*x509.Certificate) {}, x509.ExtKeyUsageServerAuth)
}

func (a *authority) issueOf(t *testing.T, edit func(*x509.Certificate), usage x509.ExtKeyUsage) tls.Certificate {
	t.Helper()
	key := newECKey(t)
	cert := a.signOf(t, &x509.Certificate{Subject: pkix.Name{CommonName: "customer"}, ExtKeyUsage: []x509.ExtKeyUsage{usage}}, key, edit)
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
}

// attackSlow is of connections that take their time. Here it passes at once.
func attackSlow(t *testing.T) {
	ca := newAuthority(t)
	files := write(t, t.TempDir(), ca, ca.issue(t, "gateway"))
	files.ClientCA = ""
	const preface, stranger = connectTimeout + time.Second, knownTimeout + 2*time.Second
	silent := func(net.Conn) {}
	for _, tt := range []struct {
		name   string
		tls    bool
		write  func(net.Conn) // in a goroutine, until the connection ends
		within time.Duration
	}{
		{"that never speak", false, silent, preface},
		{"that never speak TLS", true, silent, preface},
		{"that end a handshake and never speak", true, func(c net.Conn) {
			_ = tls.Client(c, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}).HandshakeContext(context.Background())
		}, preface},
		{"that speak a byte a second", false, func(c net.Conn) { drip(c, http2.ClientPreface) }, preface},
		{"that speak a byte of TLS a second", true, func(c net.Conn) { drip(c, "\x16\x03\x01\x02\x00"+strings.Repeat("\x01", 512)) }, preface},
		{"that never call", false, func(c net.Conn) { _, _ = io.WriteString(c, greeting) }, stranger},
		{"whose headers never end", false, func(c net.Conn) {
			_, _ = io.WriteString(c, greeting+"\x00\x00\x00\x01\x00\x00\x00\x00\x01")
			drip(c, strings.Repeat("\x00\x00\x00\x09\x00\x00\x00\x00\x01", 100))
		}, stranger},
	} {
		t.Run("connections "+tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := Config{Hub: fanout.NewHub(nil, fanout.Config{})}
				if tt.tls {
					cfg.setDefaults()
					var err error
					if cfg.Credentials, err = files.Credentials(cfg.Logger, cfg.Metrics); err != nil {
						t.Fatal(err)
					}
				}
				takesAtMost(t, New(cfg), tt.write, tt.within)
			})
		})
	}
}

// drip writes a byte a second.
func drip(c net.Conn, text string) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for i := range len(text) {
		if _, err := io.WriteString(c, text[i:i+1]); err != nil {
			return
		}
		<-tick.C
	}
}

// takesAtMost wants s to end a connection within a time, and to count it out.
func takesAtMost(t *testing.T, s *Server, write func(net.Conn), within time.Duration) {
	t.Helper()
	lis := bufconn.Listen(4 << 10)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, lis) }()
	conn, err := lis.DialContext(ctx)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	over := make(chan struct{})
	go func() { defer close(over); write(conn) }()
	synctest.Wait()
	for {
		s.conns.mu.Lock()
		n := s.conns.count
		s.conns.mu.Unlock()
		if n == 0 || time.Since(begin) > within {
			break
		}
		<-time.After(100 * time.Millisecond)
	}
	if d := time.Since(begin); d > within {
		t.Errorf("it has a place for more than %s", d)
	}
	conn.Close()
	<-over
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
