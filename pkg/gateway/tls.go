package gateway

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/credentials"
)

const (
	// certificateCheck is how often the files of certificates are looked at, when
	// somebody connects.
	certificateCheck = 5 * time.Second
	// maxPEMBytes bounds a file: the system's own list of authorities has half of it.
	maxPEMBytes = 1 << 20
)

// TLSFiles are PEM files. They are read again when they change; ones that cannot be used
// then are left aside, and the last good ones stay in force.
type TLSFiles struct {
	Cert, Key string // of the gateway, with intermediates
	// ClientCA are authorities: if set, a client needs a certificate of one of them
	// beside its token.
	ClientCA string
}

// Validate returns all that is wrong with the files, joined, or nil.
func (f TLSFiles) Validate() error {
	_, err := f.read()
	return err
}

// Credentials reads the files and returns the security of a transport: TLS 1.2 or newer,
// HTTP/2 by ALPN. log is told of files that cannot be used later; metrics when the
// certificate ends.
func (f TLSFiles) Credentials(log *slog.Logger, metrics *Metrics) (credentials.TransportCredentials, error) {
	c := &certificates{files: f, log: log, metrics: metrics, now: time.Now}
	c.stamp = f.stamp() // before reading: what changes meanwhile is read again
	var err error
	if c.current, err = f.read(); err != nil {
		return nil, err
	}
	c.adopted()
	return transport(c.get, f.ClientCA != ""), nil
}

// transport is the security of a transport whose certificates are what get returns at the
// moment. One Config for all, and not one for each connection: sessions are resumed with it.
func transport(get func() *material, clients bool) credentials.TransportCredentials {
	cfg := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return get().pair, nil },
	}
	if clients {
		cfg.ClientAuth = tls.RequireAnyClientCert // and VerifyConnection, which knows the authorities of the moment
		cfg.VerifyConnection = func(state tls.ConnectionState) error { return get().verify(state.PeerCertificates) }
	}
	return credentials.NewTLS(cfg)
}

// material is what was read of files.
type material struct {
	pair  *tls.Certificate
	roots *x509.CertPool // of clients; nil if they need no certificate
}

func (f TLSFiles) read() (*material, error) {
	var m material
	var errs []error
	pair, err := loadPair(f.Cert, f.Key)
	if err != nil {
		errs = append(errs, fmt.Errorf("certificate %s with key %s: %w", f.Cert, f.Key, err))
	}
	m.pair = &pair
	if f.ClientCA != "" {
		m.roots = x509.NewCertPool()
		text, err := readPEM(f.ClientCA)
		if err == nil && !m.roots.AppendCertsFromPEM(text) {
			err = errors.New("has no certificate")
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("client authorities %s: %w", f.ClientCA, err))
		}
	}
	return &m, errors.Join(errs...)
}

func loadPair(certFile, keyFile string) (tls.Certificate, error) {
	cert, err1 := readPEM(certFile)
	key, err2 := readPEM(keyFile)
	if err := errors.Join(err1, err2); err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(cert, key)
}

func readPEM(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxPEMBytes {
		err = fmt.Errorf("is larger than %d bytes", maxPEMBytes)
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// verify verifies a client's certificate.
func (m *material) verify(chain []*x509.Certificate) error {
	intermediates := x509.NewCertPool()
	for _, c := range chain[1:] {
		intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{
		Roots: m.roots, Intermediates: intermediates, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	return err
}

// stamp is equal for as long as nobody has written the files.
func (f TLSFiles) stamp() []string {
	var all []string
	for _, path := range []string{f.Cert, f.Key, f.ClientCA} {
		if info, err := os.Stat(path); err == nil { // of what a link leads to
			all = append(all, fmt.Sprint(path, info.ModTime().UnixNano(), info.Size()))
		}
	}
	return all
}

// certificates are the present ones.
type certificates struct {
	files   TLSFiles
	log     *slog.Logger
	metrics *Metrics
	now     func() time.Time

	mu      sync.Mutex // guards what follows
	current *material
	stamp   []string
	checked time.Time
}

// get returns what is in force, and looks at the files now and then.
func (c *certificates) get() *material {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if now.Sub(c.checked) < certificateCheck {
		return c.current
	}
	c.checked = now
	stamp := c.files.stamp()
	if slices.Equal(stamp, c.stamp) {
		return c.current
	}
	c.stamp = stamp // a second look tells nothing new
	next, err := c.files.read()
	if err != nil {
		c.log.Error("certificates not usable, the last ones stay", "error", err)
		return c.current
	}
	c.current = next
	c.adopted()
	return next
}

// adopted tells of the certificate in force.
func (c *certificates) adopted() { c.current.tell(c.log, c.metrics) }

func (m *material) tell(log *slog.Logger, metrics *Metrics) {
	end := m.pair.Leaf.NotAfter
	metrics.certificate.Set(float64(end.Unix()))
	log.Info("certificate in force", "subject", m.pair.Leaf.Subject.String(), "not_after", end.UTC().Format(time.RFC3339))
}
