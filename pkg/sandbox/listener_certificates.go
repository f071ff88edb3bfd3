package sandbox

import (
	"context"
	"crypto/tls"
	"fmt"
	"strings"
)

// KeyPairFiles are absolute paths of PEM files: a certificate and its key.
type KeyPairFiles struct{ Cert, Key string }

// managedCertificates answers for Certificate Manager: every certificate of the account is the one in Config.ListenerTLS, as it is in
// its files now.
type managedCertificates struct{ cfg Config }

// Certificate implements elb.Certificates.
func (m managedCertificates) Certificate(_ context.Context, arn string) (*tls.Certificate, bool, error) {
	if !strings.HasPrefix(arn, "arn:aws:acm:"+m.cfg.Region+":"+m.cfg.AccountID+":certificate/") {
		return nil, false, nil
	}
	pair, err := tls.LoadX509KeyPair(m.cfg.ListenerTLS.Cert, m.cfg.ListenerTLS.Key)
	if err != nil {
		return nil, false, fmt.Errorf("certificate of listeners: %w", err)
	}
	return &pair, true, nil
}
