package ssm

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// MaxParameters bounds the parameters, so that no caller can fill the memory with names; AWS has 10,000.
	MaxParameters = 2000
	// maxVersions is how many versions of a parameter are kept, as on AWS.
	maxVersions = 100
	// maxValueBytes is the longest value of the Standard tier.
	maxValueBytes = 4 << 10
	maxName       = 1011
	// maxRequestBytes bounds a request: a value of which every byte is escaped, and room.
	maxRequestBytes = 6*maxValueBytes + 64<<10
	// maxNames is how many parameters one call may name or answer, and maxDescribed how many it may describe.
	maxNames, maxDescribed = 10, 50
)

// Config is what a [Service] needs. Region and AccountID are required.
type Config struct {
	Region    string
	AccountID string
	// Clock is the time that is taken for now; nil means time.Now.
	Clock func() time.Time
}

// Service is the emulator. Make one with [New].
type Service struct {
	cfg Config

	mu         sync.Mutex // guards parameters, and what it points to
	parameters map[string]*parameter
}

// parameter is a name with its versions, of which the newest is the last. Guarded by Service.mu.
type parameter struct {
	name, description, pattern, keyID string
	versions                          []version
}

type version struct {
	number       int64
	kind, value  string
	lastModified time.Time
}

func (p *parameter) newest() version { return p.versions[len(p.versions)-1] }

// The types of parameters.
const (
	kindString     = "String"
	kindStringList = "StringList"
	kindSecure     = "SecureString"
)

// New returns a service without parameters.
func New(cfg Config) (*Service, error) {
	if cfg.Region == "" || cfg.AccountID == "" {
		return nil, errors.New("ssm: Region and AccountID must be set")
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	return &Service{cfg: cfg, parameters: make(map[string]*parameter)}, nil
}

// arn is a parameter's; the slash of a path is there once.
func (s *Service) arn(name string) string {
	return "arn:aws:ssm:" + s.cfg.Region + ":" + s.cfg.AccountID + ":parameter/" + strings.TrimPrefix(name, "/")
}

// find returns the version that a name, name:version or an ARN names; s.mu is held.
func (s *Service) find(id string) (*parameter, version, *Error) {
	if after, isARN := strings.CutPrefix(id, s.arn("")); isARN {
		id = after
		if base, _, _ := strings.Cut(after, ":"); s.parameters[base] == nil {
			id = "/" + after
		}
	}
	name, selector, chosen := strings.Cut(id, ":")
	p := s.parameters[name]
	if p == nil {
		return nil, version{}, errorf(CodeNotFound, "")
	}
	if !chosen {
		return p, p.newest(), nil
	}
	number, err := strconv.ParseInt(selector, 10, 64)
	for _, v := range p.versions {
		if err == nil && v.number == number {
			return p, v, nil
		}
	}
	return nil, version{}, errorf(CodeVersionNotFound, "Systems Manager could not find version %s of %s. Verify the version and try again.", selector, name)
}

var nameExpr = regexp.MustCompile(`^[a-zA-Z0-9_.\-/]+$`)

func checkName(name string) *Error {
	switch lower := strings.ToLower(strings.TrimPrefix(name, "/")); {
	case name == "" || len(name) > maxName:
		return invalid("1 validation error detected: Value at 'name' failed to satisfy constraint: Member must have length between 1 and %d", maxName)
	case !nameExpr.MatchString(name):
		return invalid("Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_")
	case strings.HasPrefix(lower, "aws"), strings.HasPrefix(lower, "ssm"):
		return invalid("Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).")
	case strings.Contains(name, "/") && !strings.HasPrefix(name, "/"):
		return invalid("Parameter name must be a fully qualified name.")
	}
	return nil
}
