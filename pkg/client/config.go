package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	grpcbackoff "google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// The transport's defaults and bounds.
const (
	// DefaultMaxMessageBytes bounds one response: it holds the largest Kinesis
	// record (10 MiB) with room for what surrounds it.
	DefaultMaxMessageBytes = 16 << 20
	// DefaultStreamWindowBytes is how much the gateway may send ahead of a reader:
	// 2 MiB fill 200 Mbit/s over a round trip of 80 ms.
	DefaultStreamWindowBytes = 2 << 20

	minStreamWindowBytes = 64 << 10 // HTTP/2's own default; gRPC ignores less
	maxStreamWindowBytes = 64 << 20 // what one stalled stream may cost in memory
	maxMessageBytesLimit = 64 << 20

	// windowsPerConnection is how many streams of one connection can be behind by a
	// whole window before they slow each other down.
	windowsPerConnection = 4

	// Idle flows are dropped by load balancers after 350 s and by home routers
	// earlier; a dead peer is noticed within 80 s even without a heartbeat.
	keepaliveTime    = 60 * time.Second
	keepaliveTimeout = 20 * time.Second

	// A connection attempt that takes longer than this is tried anew.
	connectTimeout = 10 * time.Second
	// The wait between connection attempts is the stream's matter, not gRPC's.
	connectBackoff = 100 * time.Millisecond
)

// Config says which gateway to use and how to be known to it.
type Config struct {
	// Endpoint is the gateway's address: host:port, or a URL whose scheme decides
	// between TLS (grpcs, https) and plaintext (grpc, http). With TLS the port may
	// be left out: 443.
	Endpoint string
	// Plaintext turns TLS off. Without it, a host:port is spoken to in plaintext
	// only on loopback.
	Plaintext bool
	// CAFile names a PEM file with the certificate authorities to trust for the
	// gateway in place of the system's. Given, TLS is used on loopback, too. The token
	// endpoint is another server: the system's authorities vouch for it, or those that
	// Credentials.HTTPClient trusts.
	CAFile string
	// CertFile and KeyFile name PEM files with the certificate, followed by what links
	// it to its authority, and the key that the client shows to a gateway that asks for
	// one. They are read for each connection, so that they may be replaced while the
	// Client is in use. Given, TLS is used on loopback, too.
	CertFile, KeyFile string
	// Credentials are how tokens are got.
	Credentials Credentials
	// Tokens, if set, is where tokens are got, in place of Credentials: Clients of the
	// same credentials share their tokens by it.
	Tokens *TokenSource

	// Dial, if set, opens the connections, through a tunnel or a proxy for one.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// UserAgent is put before gRPC's own in what the gateway logs.
	UserAgent string
	// StreamWindowBytes is how much the gateway may send ahead of a reader, per
	// stream, 64 KiB to 64 MiB; zero means DefaultStreamWindowBytes.
	StreamWindowBytes int32
	// MaxMessageBytes bounds one response, at most 64 MiB; zero means
	// DefaultMaxMessageBytes.
	MaxMessageBytes int
}

// Validate returns every mistake in c, joined, or nil.
func (c Config) Validate() error {
	_, endpointErr := c.endpoint()
	_, caErr := c.rootCAs()
	return errors.Join(endpointErr, caErr, c.certificate().validate(), c.validateTokens(),
		inRange("stream window", int(c.StreamWindowBytes), minStreamWindowBytes, maxStreamWindowBytes),
		inRange("maximal message", c.MaxMessageBytes, 1, maxMessageBytesLimit))
}

// validateTokens refuses credentials that are wrong, or beside c.Tokens.
func (c Config) validateTokens() error {
	switch {
	case c.Tokens == nil:
		return c.Credentials.validate(c.Plaintext)
	case !c.Credentials.isZero():
		return errors.New("credentials and a token source are given, must be one of them")
	}
	return nil
}

// inRange refuses a number of bytes that is neither zero nor between lo and hi.
func inRange(name string, n, lo, hi int) error {
	if n == 0 || n >= lo && n <= hi {
		return nil
	}
	return fmt.Errorf("%s is %d bytes, must be %d to %d", name, n, lo, hi)
}

// target returns the address for gRPC and whether it is spoken to in plaintext.
func (c Config) target() (string, bool, error) {
	e, err := c.endpoint()
	if err != nil {
		return "", false, err
	}
	if c.Dial != nil {
		return "passthrough:///" + e.address, e.plaintext, nil
	}
	return "dns:///" + e.address, e.plaintext, nil
}

// dialOptions returns what a connection is opened with.
func (c Config) dialOptions(plaintext bool) ([]grpc.DialOption, error) {
	security := insecure.NewCredentials()
	if !plaintext {
		roots, err := c.rootCAs()
		if err != nil {
			return nil, err
		}
		security = credentials.NewTLS(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, GetClientCertificate: c.certificate().forHandshake()})
	}
	window := orDefault(c.StreamWindowBytes, DefaultStreamWindowBytes)
	opts := []grpc.DialOption{
		grpc.WithTransportCredentials(security),
		grpc.WithDisableServiceConfig(), // what to retry is decided here
		grpc.WithUserAgent(c.UserAgent),
		grpc.WithInitialWindowSize(window),
		grpc.WithInitialConnWindowSize(window * windowsPerConnection),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(orDefault(c.MaxMessageBytes, DefaultMaxMessageBytes))),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: keepaliveTime, Timeout: keepaliveTimeout}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           grpcbackoff.Config{BaseDelay: connectBackoff, Multiplier: 1, MaxDelay: connectBackoff},
			MinConnectTimeout: connectTimeout,
		}),
	}
	if c.Dial != nil {
		opts = append(opts, grpc.WithContextDialer(c.Dial))
	}
	return opts, nil
}

func orDefault[T int | int32](v, def T) T {
	if v == 0 {
		return def
	}
	return v
}
