package logs

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Config is what a [Service] needs. Region and AccountID are required.
type Config struct {
	Region    string
	AccountID string
	// MaxBytes is the budget of all events together; 0 means [DefaultMaxBytes].
	MaxBytes int64
	// Clock is the time that is taken for now; nil means time.Now.
	Clock func() time.Time
}

// Service is the emulator. Make one with [New].
type Service struct {
	cfg Config

	mu      sync.Mutex // guards what follows, and what it points to
	groups  map[string]*group
	streams int // of all groups
	used    int64
	seq     int64
	order   []*stream // of each event, in the order of their coming, from head on
	head    int
}

// New returns a service without groups.
func New(cfg Config) (*Service, error) {
	if cfg.Region == "" || cfg.AccountID == "" {
		return nil, errors.New("logs: Region and AccountID must be set")
	}
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = DefaultMaxBytes
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	return &Service{cfg: cfg, groups: make(map[string]*group)}, nil
}

// Memory is what the events take, and may take, in bytes.
func (s *Service) Memory() (used, limit int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used, s.cfg.MaxBytes
}

// Append adds messages, which happened now, to a stream; it makes the stream and its group when they do not exist. Empty
// messages are left out, and of long ones what is beyond [MaxEventBytes].
func (s *Service) Append(groupName, streamName string, messages ...string) error {
	if e := checkGroupName(groupName); e != nil {
		return fmt.Errorf("append to log %s: %w", groupName, e)
	}
	if e := checkStreamName(streamName); e != nil {
		return fmt.Errorf("append to log %s: %w", groupName, e)
	}
	now := s.cfg.Clock()
	s.mu.Lock()
	defer s.mu.Unlock()
	g, e := s.ensureGroup(groupName)
	if e != nil {
		return fmt.Errorf("append to log %s: %w", groupName, e)
	}
	for _, m := range messages {
		if m != "" {
			s.add(s.ensureStream(g, streamName), now, m[:min(len(m), MaxEventBytes)])
		}
	}
	return nil
}

func (s *Service) arn(g string) string {
	return "arn:aws:logs:" + s.cfg.Region + ":" + s.cfg.AccountID + ":log-group:" + g
}

// find returns the group that a name or, as Identifier parameters allow, an ARN names; s.mu is held.
func (s *Service) find(name, identifier string) (*group, *Error) {
	switch {
	case name != "" && identifier != "":
		return nil, errorf(CodeInvalidParameter, "LogGroup name and LogGroup ARN are mutually exclusive parameters.")
	case name == "":
		name = strings.TrimPrefix(strings.TrimSuffix(identifier, ":*"), s.arn(""))
	}
	if e := checkGroupName(name); e != nil {
		return nil, e
	}
	if g := s.groups[name]; g != nil {
		return g, nil
	}
	return nil, noGroup()
}

const groupPattern = `[\.\-_/#A-Za-z0-9]+`

var groupExpr = regexp.MustCompile("^" + groupPattern + "$")

func checkGroupName(name string) *Error {
	switch {
	case name == "":
		return constraint("logGroupName", name, "have length greater than or equal to 1")
	case len(name) > maxName:
		return constraint("logGroupName", name, "have length less than or equal to 512")
	case !groupExpr.MatchString(name):
		return constraint("logGroupName", name, "satisfy regular expression pattern: "+groupPattern)
	}
	return nil
}

func checkStreamName(name string) *Error {
	switch {
	case name == "":
		return constraint("logStreamName", name, "have length greater than or equal to 1")
	case len(name) > maxName:
		return constraint("logStreamName", name, "have length less than or equal to 512")
	case strings.ContainsAny(name, ":*"):
		return constraint("logStreamName", name, "satisfy regular expression pattern: [^:*]*")
	}
	return nil
}
