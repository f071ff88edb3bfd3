package client

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// maxCAFileBytes is more than the system's own list of authorities takes.
const maxCAFileBytes = 4 << 20

const tlsPort = "443"

// endpoint is where the gateway listens.
type endpoint struct {
	address   string // host:port
	plaintext bool
}

// endpoint reads c.Endpoint with the rules that its doc gives.
func (c Config) endpoint() (endpoint, error) {
	if c.Endpoint == "" {
		return endpoint{}, errors.New("endpoint is empty, must be host:port or a URL")
	}
	scheme, rest, hasScheme := strings.Cut(c.Endpoint, "://")
	if !hasScheme {
		rest = c.Endpoint
	}
	host, port, err := splitHostPort(strings.TrimSuffix(rest, "/"))
	if err != nil {
		return endpoint{}, fmt.Errorf("endpoint %q: %w", publicPart(c.Endpoint), err)
	}
	plaintext := c.Plaintext || IsLoopback(host) && c.CAFile == "" && c.certificate() == (certificateFiles{})
	if hasScheme {
		if plaintext, err = c.plaintextByScheme(scheme); err != nil {
			return endpoint{}, fmt.Errorf("endpoint %q: %w", publicPart(c.Endpoint), err)
		}
	}
	switch {
	case plaintext && c.CAFile != "":
		return endpoint{}, fmt.Errorf("endpoint %q: a CA file contradicts plaintext", c.Endpoint)
	case plaintext && c.certificate() != (certificateFiles{}):
		return endpoint{}, fmt.Errorf("endpoint %q: a client certificate contradicts plaintext", c.Endpoint)
	case plaintext && port == "":
		return endpoint{}, fmt.Errorf("endpoint %q: the port is missing", c.Endpoint)
	case port == "":
		port = tlsPort
	}
	return endpoint{net.JoinHostPort(host, port), plaintext}, nil
}

func (c Config) plaintextByScheme(scheme string) (bool, error) {
	switch strings.ToLower(scheme) {
	case "grpc", "http":
		return true, nil
	case "grpcs", "https":
		if c.Plaintext {
			return false, fmt.Errorf("scheme %s contradicts plaintext", scheme)
		}
		return false, nil
	}
	return false, fmt.Errorf("scheme must be grpcs, https, grpc or http")
}

// splitHostPort splits host, host:port, [v6] and [v6]:port; port may be empty.
func splitHostPort(s string) (host, port string, err error) {
	if s == "" || strings.ContainsAny(s, "/?#@ \t\r\n") {
		return "", "", errors.New("must be host:port, without a path, a query or a user")
	}
	host, port, err = net.SplitHostPort(s)
	if err != nil {
		bare := strings.Trim(s, "[]")
		if strings.Contains(bare, ":") && !isAddress(bare) {
			return "", "", errors.New("must be host:port")
		}
		return bare, "", nil
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", "", fmt.Errorf("port %q must be 1 to 65535", port)
	}
	if host == "" {
		return "", "", errors.New("the host is missing")
	}
	return host, port, nil
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// IsLoopback tells whether host is this machine by its spelling, where plaintext is
// the default: names are not looked up.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// rootCAs reads c.CAFile; nil means the system's authorities.
func (c Config) rootCAs() (*x509.CertPool, error) {
	if c.CAFile == "" {
		return nil, nil
	}
	f, err := os.Open(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("CA file: %w", err)
	}
	defer f.Close()
	pem, err := io.ReadAll(io.LimitReader(f, maxCAFileBytes))
	if err != nil {
		return nil, fmt.Errorf("CA file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("CA file %s holds no PEM certificate", c.CAFile)
	}
	return pool, nil
}

// checkTokenURL refuses a token endpoint that would get the secret in plaintext
// over a network, unless plaintext was asked for.
func checkTokenURL(text string, plaintext bool) error {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return errors.New("token URL is empty")
	case err != nil || u.Host == "" || u.User != nil:
		return fmt.Errorf("token URL %q must be https://host/path", publicPart(text))
	case u.Scheme == "https", u.Scheme == "http" && (plaintext || IsLoopback(u.Hostname())):
		return nil
	case u.Scheme == "http":
		return fmt.Errorf("token URL %q must be https, or http on loopback: it is sent the client's secret", publicPart(text))
	}
	return fmt.Errorf("token URL %q: scheme must be https", publicPart(text))
}

// publicPart returns a URL without where a secret may have been put by mistake: a user
// and a query.
func publicPart(text string) string {
	text, _, _ = strings.Cut(text, "?")
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return text
	}
	if scheme, _, found := strings.Cut(text[:at], "://"); found {
		return scheme + "://..." + text[at:]
	}
	return "..." + text[at:]
}
