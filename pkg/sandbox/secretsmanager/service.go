package secretsmanager

import (
	"errors"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
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

	mu      sync.Mutex         // guards secrets, and what it points to
	secrets map[string]*secret // by name
}

// secret is a secret with its versions. Guarded by Service.mu.
type secret struct {
	name, arn, description, kmsKey string
	tags                           []Tag
	created, changed               time.Time
	accessed                       time.Time // zero if never
	deleted                        time.Time // when it ends; zero unless it is marked for deletion
	versions                       []*version
}

// version is one value of a secret, with the labels that are on it.
type version struct {
	id, text string
	binary   []byte
	stages   []string
	created  time.Time
}

// Tag is a tag of a secret.
type Tag struct{ Key, Value string }

// The labels that Secrets Manager moves itself.
const (
	stageCurrent  = "AWSCURRENT"
	stagePrevious = "AWSPREVIOUS"
)

// New returns a service without secrets.
func New(cfg Config) (*Service, error) {
	if cfg.Region == "" || cfg.AccountID == "" {
		return nil, errors.New("secretsmanager: Region and AccountID must be set")
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	return &Service{cfg: cfg, secrets: make(map[string]*secret)}, nil
}

const arnSuffix = 6 // letters at an ARN's end, with a hyphen before them

func (s *Service) arn(name string) string {
	return "arn:aws:secretsmanager:" + s.cfg.Region + ":" + s.cfg.AccountID + ":secret:" + name
}

// find returns the secret that a name, an ARN or an ARN without its end names, which may be marked for deletion; s.mu is held.
func (s *Service) find(id string) (*secret, *Error) {
	if id == "" {
		return nil, errorf(CodeValidation, "1 validation error detected: Value '' at 'secretId' failed to satisfy constraint: Member must have length greater than or equal to 1")
	}
	s.expire()
	name, isARN := strings.CutPrefix(id, s.arn(""))
	if found := s.secrets[name]; found != nil {
		return found, nil
	}
	if end := len(name) - arnSuffix - 1; isARN && end > 0 {
		if found := s.secrets[name[:end]]; found != nil && found.arn == id {
			return found, nil
		}
	}
	return nil, noSecret()
}

// usable is find for what a secret that is marked for deletion refuses; s.mu is held.
func (s *Service) usable(id string) (*secret, *Error) {
	found, e := s.find(id)
	if e == nil && !found.deleted.IsZero() {
		return nil, markedForDeletion()
	}
	return found, e
}

// expire ends the secrets whose window is over; s.mu is held.
func (s *Service) expire() {
	now := s.cfg.Clock()
	for name, found := range s.secrets {
		if !found.deleted.IsZero() && !now.Before(found.deleted) {
			delete(s.secrets, name)
		}
	}
}

var nameExpr = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]{1,512}$`)

func checkName(name string) *Error {
	if !nameExpr.MatchString(name) {
		return errorf(CodeValidation, "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")
	}
	return nil
}

// value is what a caller gives for a version.
type value struct {
	ClientRequestToken string
	SecretString       *string
	SecretBinary       []byte
}

func (v value) given() bool { return v.SecretString != nil || v.SecretBinary != nil }

func (v value) check() *Error {
	switch {
	case v.SecretString != nil && v.SecretBinary != nil:
		return invalidParameter("You can't specify both a binary secret value and a string secret value in the same secret.")
	case v.SecretString != nil && len(*v.SecretString) > maxValueBytes, len(v.SecretBinary) > maxValueBytes:
		return errorf(CodeValidation, "1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to %d", maxValueBytes)
	}
	const shortest, longest = 32, 64
	if n := len(v.ClientRequestToken); n != 0 && (n < shortest || n > longest) {
		return errorf(CodeValidation, "1 validation error detected: Value at 'clientRequestToken' failed to satisfy constraint: Member must have length between %d and %d", shortest, longest)
	}
	return nil
}

func (v value) matches(other *version) bool {
	return string(other.binary) == string(v.SecretBinary) && (v.SecretString == nil && other.text == "" || v.SecretString != nil && other.text == *v.SecretString)
}

// put adds a version with labels, which leave the version that had them. The same token with the same value is the same
// version; with another value it is an error. Service.mu is held.
func (sec *secret) put(v value, stages []string, now time.Time) (*version, *Error) {
	id := v.ClientRequestToken
	if id == "" {
		id = uuid.NewString()
	}
	if old := sec.version(id); old != nil {
		if !v.matches(old) {
			return nil, errorf(CodeExists, "You can't use ClientRequestToken %s because that value is already in use for a version of secret %s.", id, sec.arn)
		}
		return old, nil
	}
	made := &version{id: id, binary: v.SecretBinary, created: now}
	if v.SecretString != nil {
		made.text = *v.SecretString
	}
	sec.versions = append(sec.versions, made)
	for _, stage := range stages {
		sec.label(made, stage)
	}
	sec.changed = now
	sec.trim()
	return made, nil
}

func (sec *secret) version(id string) *version {
	for _, v := range sec.versions {
		if v.id == id {
			return v
		}
	}
	return nil
}

func (sec *secret) staged(stage string) *version {
	for _, v := range sec.versions {
		for _, s := range v.stages {
			if s == stage {
				return v
			}
		}
	}
	return nil
}

// label puts a label on a version. What was current is the previous one then.
func (sec *secret) label(v *version, stage string) {
	old := sec.staged(stage)
	if old == v {
		return
	}
	if old != nil {
		old.unlabel(stage)
		if stage == stageCurrent {
			sec.label(old, stagePrevious)
		}
	}
	v.stages = append(v.stages, stage)
}

func (v *version) unlabel(stage string) {
	var kept []string
	for _, s := range v.stages {
		if s != stage {
			kept = append(kept, s)
		}
	}
	v.stages = kept
}

// trim forgets the oldest versions without a label.
func (sec *secret) trim() {
	for i := 0; len(sec.versions) > maxVersions && i < len(sec.versions); {
		if len(sec.versions[i].stages) == 0 {
			sec.versions = append(sec.versions[:i:i], sec.versions[i+1:]...)
			continue
		}
		i++
	}
}
