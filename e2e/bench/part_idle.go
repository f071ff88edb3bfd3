package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	// settleTime is what a server gets to give back memory that it needed for a while.
	settleTime = 5 * time.Second
	// certificateLife is longer than any run.
	certificateLife = 24 * time.Hour
)

// idlePoints are how many times BENCH_IDLE connections the memory of one is measured with.
// What the first tells is the figure.
var idlePoints = []int{1, 5, 10} //nolint:gochecknoglobals // a constant, but for the language

// idle is what connections cost that get nothing.
func idle(ctx context.Context, b *bench) error {
	for _, c := range []struct {
		who, figure string
		start       func(ctx context.Context, s *scene) (ca string, err error)
	}{
		{bareGo, "idle_stream_bare_kb", func(ctx context.Context, s *scene) (string, error) {
			_, err := s.startServer(ctx, "bare", fanoutTopics)
			return "", err
		}},
		{ours, "idle_stream_kb", func(ctx context.Context, s *scene) (string, error) { return "", s.startOurs(ctx) }},
		{ours + " with TLS", "idle_stream_tls_kb", startTLS},
	} {
		for _, times := range idlePoints {
			count := times * b.Idle
			kb, err := b.idleMemory(ctx, count, c.start)
			if err != nil {
				return fmt.Errorf("%s: %w", c.who, err)
			}
			b.report.say("idle, %s, %d connections: %.1f KB each", c.who, count, kb)
			b.report.row(row{Part: "idle", Who: fmt.Sprintf("%s, %d", c.who, count), Values: map[string]float64{columnMemory: kb}})
			if times == 1 {
				b.report.figure(c.figure, kb)
			}
		}
	}
	return nil
}

// idleMemory returns the KB of memory that a connection takes.
func (b *bench) idleMemory(ctx context.Context, count int, start func(context.Context, *scene) (string, error)) (kb float64, err error) {
	s, err := b.newScene(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = s.close(ctx, err) }()
	ca, err := start(ctx, s)
	if err != nil {
		return 0, err
	}
	if err := sleep(ctx, b.Warm); err != nil {
		return 0, err
	}
	without, err := memoryOf(s.servers[0])
	if err != nil {
		return 0, err
	}
	if s.load, err = s.subscribe(ctx, count, func(c *loadConfig) { c.CA = ca }); err != nil {
		return 0, err
	}
	if err := sleep(ctx, settleTime); err != nil {
		return 0, err
	}
	if _, err := s.look(ctx); err != nil {
		return 0, err
	}
	with, err := memoryOf(s.servers[0])
	return (with - without) / float64(count), err
}

// startTLS starts a gateway that has TLS itself, and returns its certificate.
func startTLS(ctx context.Context, s *scene) (string, error) {
	cert, key, err := newCertificate()
	if err != nil {
		return "", err
	}
	certFile, keyFile := filepath.Join(s.Dir, "cert.pem"), filepath.Join(s.Dir, "key.pem")
	if err := errors.Join(os.WriteFile(certFile, cert, 0o600), os.WriteFile(keyFile, key, 0o600)); err != nil {
		return "", err
	}
	if err := s.startOurs(ctx, "SPILLWAY_TLS_CERT_FILE="+certFile, "SPILLWAY_TLS_KEY_FILE="+keyFile); err != nil {
		return "", err
	}
	return string(cert), nil
}

// newCertificate makes a certificate of loopback, signed by itself, and its key, in PEM.
func newCertificate() (cert, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(certificateLife),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, private.Public(), private)
	if err != nil {
		return nil, nil, err
	}
	text, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return inPEM("CERTIFICATE", der), inPEM("PRIVATE KEY", text), nil
}

func inPEM(kind string, der []byte) []byte {
	var b bytes.Buffer
	_ = pem.Encode(&b, &pem.Block{Type: kind, Bytes: der}) // a buffer takes everything
	return b.Bytes()
}
