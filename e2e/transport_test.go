package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/spillway/spillway/pkg/client"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// trust returns what a client of a configuration trusts. It speaks HTTP/2.
func trust(t *testing.T, cfg client.Config) *tls.Config {
	t.Helper()
	security := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"}}
	if cfg.CAFile == "" {
		return security // the system's authorities
	}
	text, err := os.ReadFile(cfg.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	security.RootCAs = x509.NewCertPool()
	if !security.RootCAs.AppendCertsFromPEM(text) {
		t.Fatalf("no certificate in %s", cfg.CAFile)
	}
	return security
}

// dial returns a connection of gRPC's own. It ends with the test.
func dial(t *testing.T, cfg client.Config) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(cfg.Endpoint, grpc.WithTransportCredentials(credentials.NewTLS(trust(t, cfg))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// handshake connects and returns the gateway's certificate.
func handshake(cfg client.Config, security *tls.Config) (tls.ConnectionState, error) {
	conn, err := tls.Dial("tcp", cfg.Endpoint, security)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	return conn.ConnectionState(), nil
}

// transport: nothing but TLS 1.2 or newer gets through, and it is HTTP/2.
func transport(t *testing.T, s Stack) {
	cfg := s.Client(t, NewYork)
	state, err := handshake(cfg, trust(t, cfg))
	if err != nil || state.Version < tls.VersionTLS12 || state.NegotiatedProtocol != "h2" {
		t.Errorf("TLS: version %s, protocol %q, %v", tls.VersionName(state.Version), state.NegotiatedProtocol, err)
	}
	old := trust(t, cfg)
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 // to be refused
	if _, err := handshake(cfg, old); err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("TLS 1.1: %v, want it refused", err)
	}
	conn, err := grpc.NewClient(cfg.Endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := spillwayv1.NewStreamServiceClient(conn).GetAccess(t.Context(), &spillwayv1.GetAccessRequest{}); status.Code(err) != codes.Unavailable {
		t.Errorf("plaintext: %v, want no connection", err)
	}
}

// certificateReplaced: a gateway takes another certificate while it runs. Connections that
// are open go on, new ones get it, within seconds.
func certificateReplaced(t *testing.T, s Stack) {
	cfg := s.Client(t, NewYork)
	before := trust(t, cfg)
	old := subscribe(t, s, NewYork, undisturbed(t))
	first, err := handshake(cfg, before)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	s.ReplaceCertificate(t)
	after := trust(t, s.Client(t, NewYork))
	await(t, func() bool {
		state, err := handshake(cfg, after)
		return err == nil && !bytes.Equal(state.PeerCertificates[0].Raw, first.PeerCertificates[0].Raw)
	}, "no connection gets the new certificate")
	wantSoon(t, start, "a connection got the new certificate") // it looks every 5 s
	var unknown x509.UnknownAuthorityError
	if _, err := handshake(cfg, before); !errors.As(err, &unknown) {
		t.Errorf("who trusts the authority before: %v, want that it is unknown", err)
	}
	fresh := subscribe(t, s, NewYork, client.Subscription{})
	put(t, s, "KNYC", report(s, "ny", 1))
	old.take(t, 1)
	fresh.take(t, 1)
}
