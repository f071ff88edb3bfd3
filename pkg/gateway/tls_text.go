package gateway

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"

	"google.golang.org/grpc/credentials"
)

// TLSText is what TLSFiles name, itself: for a platform that hands secrets to a process in
// its environment and has no files. It stays for as long as the process lives. What is
// wrong with it is told without repeating any of it.
type TLSText struct {
	Cert, Key string // of the gateway, PEM with intermediates
	ClientCA  string // see TLSFiles
}

// Validate returns all that is wrong with the texts, joined, or nil.
func (t TLSText) Validate() error {
	_, err := t.read()
	return err
}

// Credentials returns the security of a transport, as that of TLSFiles.
func (t TLSText) Credentials(log *slog.Logger, metrics *Metrics) (credentials.TransportCredentials, error) {
	m, err := t.read()
	if err != nil {
		return nil, err
	}
	m.tell(log, metrics)
	return transport(func() *material { return m }, t.ClientCA != ""), nil
}

func (t TLSText) read() (*material, error) {
	var m material
	var errs []error
	pair, err := tls.X509KeyPair([]byte(t.Cert), []byte(t.Key))
	if err != nil {
		errs = append(errs, fmt.Errorf("certificate and key: %w", err))
	}
	m.pair = &pair
	if t.ClientCA != "" {
		m.roots = x509.NewCertPool()
		if !m.roots.AppendCertsFromPEM([]byte(t.ClientCA)) {
			errs = append(errs, errors.New("client authorities: there is no certificate"))
		}
	}
	return &m, errors.Join(errs...)
}
