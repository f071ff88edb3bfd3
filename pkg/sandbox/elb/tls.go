package elb

import (
	"crypto/tls"
	"slices"
	"strings"
)

// defaultPolicy is the security policy of a listener that names none.
const defaultPolicy = "ELBSecurityPolicy-2016-08"

// versions are the oldest and the newest version of TLS.
type versions struct{ oldest, newest uint16 }

// tlsVersions are the versions that a security policy allows, by the families that the user guide lists.
func tlsVersions(policy string) (versions, bool) {
	for _, f := range []struct {
		prefix string
		versions
	}{
		{"ELBSecurityPolicy-TLS13-1-3-", versions{tls.VersionTLS13, tls.VersionTLS13}},
		{"ELBSecurityPolicy-TLS13-1-2-", versions{tls.VersionTLS12, tls.VersionTLS13}},
		{"ELBSecurityPolicy-TLS13-1-1-", versions{tls.VersionTLS11, tls.VersionTLS13}},
		{"ELBSecurityPolicy-TLS13-1-0-", versions{tls.VersionTLS10, tls.VersionTLS13}},
		{"ELBSecurityPolicy-TLS-1-2-", versions{tls.VersionTLS12, tls.VersionTLS12}},
		{"ELBSecurityPolicy-TLS-1-1-2017-01", versions{tls.VersionTLS11, tls.VersionTLS12}},
		{"ELBSecurityPolicy-2016-08", versions{tls.VersionTLS10, tls.VersionTLS12}},
	} {
		if strings.HasPrefix(policy, f.prefix) {
			return f.versions, true
		}
	}
	return versions{}, false
}

// alpn are the protocols of an ALPN policy, the preferred one first.
func alpn(policy string) []string {
	switch policy {
	case "HTTP1Only":
		return []string{"http/1.1", "http/1.0"}
	case "HTTP2Only":
		return []string{"h2"}
	case "HTTP2Optional":
		return []string{"http/1.1", "http/1.0", "h2"}
	case "HTTP2Preferred":
		return []string{"h2", "http/1.1", "http/1.0"}
	default:
		return nil
	}
}

func isALPNPolicy(policy string) bool { return policy == "None" || alpn(policy) != nil }

// tlsConfig is that of a listener as it is now; Service.mu is held.
func (l *listener) tlsConfig() *tls.Config {
	v, _ := tlsVersions(l.SslPolicy)
	var protocols []string
	if len(l.AlpnPolicy) > 0 {
		protocols = alpn(l.AlpnPolicy[0])
	}
	base := &tls.Config{Certificates: []tls.Certificate{*l.certificate}, MinVersion: v.oldest, MaxVersion: v.newest, NextProtos: protocols}
	without := base.Clone()
	without.NextProtos = nil
	// A client with no protocol in common is served without one, and not refused as by Go's default.
	base.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if slices.ContainsFunc(hello.SupportedProtos, func(p string) bool { return slices.Contains(protocols, p) }) {
			return nil, nil //nolint:nilnil // as the field's documentation says: go on with this one
		}
		return without, nil
	}
	return base
}
