package ecr

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"
)

// Config is what a [Service] needs. All but MaxBytes and Clock are required.
type Config struct {
	Region    string
	AccountID string
	// Endpoint is the URL at which the service is reached.
	Endpoint string
	// Dir is for blobs and uploads. What is in it is deleted at the start.
	Dir string
	// MaxBytes is the budget of all blobs together; 0 means [DefaultMaxBytes].
	MaxBytes int64
	// Clock is the time that is taken for now; nil means time.Now.
	Clock func() time.Time
}

// Service is the emulator. Make one with [New].
type Service struct {
	cfg  Config
	host string   // of the registry
	key  [32]byte // that passwords are signed with

	mu           sync.Mutex // guards what follows, and what it points to
	repositories map[string]*repository
	blobs        map[string]int64 // sizes by digest
	uploads      map[string]*upload
	used         int64 // bytes of blobs and uploads
}

// New returns a service without repositories.
func New(cfg Config) (*Service, error) {
	if cfg.Region == "" || cfg.AccountID == "" || cfg.Dir == "" {
		return nil, errors.New("ecr: Region, AccountID and Dir must be set")
	}
	endpoint, err := url.Parse(cfg.Endpoint)
	if err != nil || endpoint.Host == "" {
		return nil, fmt.Errorf("ecr: Endpoint %q is no URL", cfg.Endpoint)
	}
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = DefaultMaxBytes
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	s := &Service{cfg: cfg, host: endpoint.Host, repositories: map[string]*repository{}, blobs: map[string]int64{}, uploads: map[string]*upload{}}
	if _, err := rand.Read(s.key[:]); err != nil {
		return nil, fmt.Errorf("ecr: %w", err)
	}
	for _, dir := range []string{"blobs", "uploads"} {
		path := filepath.Join(cfg.Dir, dir)
		if err := errors.Join(os.RemoveAll(path), os.MkdirAll(path, 0o700)); err != nil {
			return nil, fmt.Errorf("ecr: %w", err)
		}
	}
	return s, nil
}

// find returns a repository by its name; s.mu is held.
func (s *Service) find(registryID, name string) (*repository, *Error) {
	if err := s.checkName(registryID, name); err != nil {
		return nil, err
	}
	if r := s.repositories[name]; r != nil {
		return r, nil
	}
	return nil, s.noRepository(name)
}

const namePattern = `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*`

var (
	nameExpr   = regexp.MustCompile(`^` + namePattern + `$`)
	digestExpr = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	tagExpr    = regexp.MustCompile(`^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$`)
)

func (s *Service) checkName(registryID, name string) *Error {
	switch {
	case registryID != "" && registryID != s.cfg.AccountID:
		return s.noRepository(name)
	case len(name) < 2 || len(name) > maxName || !nameExpr.MatchString(name):
		return errorf(CodeInvalidParameter, "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '%s''", namePattern)
	}
	return nil
}
