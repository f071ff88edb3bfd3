package client

import (
	"crypto/tls"
	"errors"
	"fmt"
	"time"
)

// certificateFiles are where the client's certificate and its key are; the zero
// value: there is none.
type certificateFiles struct{ cert, key string }

func (c Config) certificate() certificateFiles { return certificateFiles{c.CertFile, c.KeyFile} }

// load reads both files. Its errors hold nothing of what is in them.
func (f certificateFiles) load() (*tls.Certificate, error) {
	cert, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, fmt.Errorf("client certificate %s with key %s: %w", f.cert, f.key, err)
	}
	return &cert, nil
}

// validate refuses one file without the other, and a pair that is of no use.
func (f certificateFiles) validate() error {
	switch {
	case f == certificateFiles{}:
		return nil
	case f.key == "":
		return errors.New("a client certificate needs its key file, too")
	case f.cert == "":
		return errors.New("a client's key needs its certificate file, too")
	}
	cert, err := f.load()
	if err != nil {
		return err
	}
	if over := cert.Leaf.NotAfter; time.Now().After(over) {
		return fmt.Errorf("client certificate %s is over since %s", f.cert, over.Format(time.RFC3339))
	}
	return nil
}

// forHandshake returns what gives a certificate to a gateway that asks for one, nil if
// there is none. It reads the files each time: connections are few, and this way the
// present files count. A connection that meets a pair of which only one is replaced
// fails, and is tried again.
func (f certificateFiles) forHandshake() func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	if f == (certificateFiles{}) {
		return nil
	}
	return func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return f.load() }
}
