package lambda

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/spillway/spillway/pkg/sandbox/lambda/code"
	"github.com/spillway/spillway/pkg/sandbox/lambda/environment"
	"github.com/spillway/spillway/pkg/sandbox/process"
)

// FunctionConfiguration describes a function, as the API shows it.
type FunctionConfiguration struct {
	FunctionName     string
	FunctionArn      string
	Runtime          string
	Role             string
	Handler          string
	CodeSize         int64
	Description      string
	Timeout          int // seconds
	MemorySize       int // MB
	LastModified     string
	CodeSha256       string
	Version          string
	VpcConfig        *VpcConfig     `json:",omitempty"`
	Environment      *Environment   `json:",omitempty"`
	KMSKeyArn        string         `json:",omitempty"`
	TracingConfig    *TracingConfig `json:",omitempty"`
	RevisionId       string
	State            string `json:",omitempty"`
	StateReason      string `json:",omitempty"`
	StateReasonCode  string `json:",omitempty"`
	LastUpdateStatus string `json:",omitempty"`

	LastUpdateStatusReason     string `json:",omitempty"`
	LastUpdateStatusReasonCode string `json:",omitempty"`

	PackageType      string
	Architectures    []string
	EphemeralStorage *EphemeralStorage  `json:",omitempty"`
	SnapStart        *SnapStartResponse `json:",omitempty"`
	LoggingConfig    *LoggingConfig     `json:",omitempty"`
}

// Environment are a function's own variables.
type Environment struct {
	Variables map[string]string `json:",omitempty"`
}

// VpcConfig names the network that a function has on AWS.
type VpcConfig struct {
	SubnetIds               []string
	SecurityGroupIds        []string
	VpcId                   string
	Ipv6AllowedForDualStack bool
}

// TracingConfig says whether X-Ray traces a function on AWS.
type TracingConfig struct{ Mode string }

// EphemeralStorage is the size of a function's scratch space on AWS, in MB.
type EphemeralStorage struct{ Size int }

// SnapStartResponse says that there are no snapshots.
type SnapStartResponse struct {
	ApplyOn            string
	OptimizationStatus string
}

// LoggingConfig says where a function's log goes on AWS.
type LoggingConfig struct {
	LogFormat           string `json:",omitempty"`
	ApplicationLogLevel string `json:",omitempty"`
	SystemLogLevel      string `json:",omitempty"`
	LogGroup            string `json:",omitempty"`
}

const latest = "$LATEST"

// revision is a version of a function, $LATEST or a published one: its configuration, its code and the environments that
// run it. Guarded by Service.mu.
type revision struct {
	config   FunctionConfiguration
	taskRoot string
	pool     *environment.Pool
}

// function is a function with all that hangs on it. Guarded by Service.mu; a change of code or configuration replaces the
// revision.
type function struct {
	revision // $LATEST

	tags      map[string]string
	reserved  *int // reserved concurrency, or nil
	busy      int  // running invocations, of all versions
	versions  map[string]*revision
	published int // the number of the last version
	aliases   map[string]*Alias
	policies  map[string]*policy            // by qualifier, "" for none
	async     map[string]*EventInvokeConfig // by qualifier, $LATEST for none
}

func newFunction(r revision, tags map[string]string) *function {
	return &function{
		revision: r, tags: maps.Clone(tags), versions: make(map[string]*revision), aliases: make(map[string]*Alias),
		policies: make(map[string]*policy), async: make(map[string]*EventInvokeConfig),
	}
}

// revisions are $LATEST and all versions.
func (f *function) revisions() []*revision {
	all := []*revision{&f.revision}
	for _, number := range slices.SortedFunc(maps.Keys(f.versions), compareVersions) {
		all = append(all, f.versions[number])
	}
	return all
}

// snapshot is the configuration for a caller to keep.
func (r *revision) snapshot() FunctionConfiguration {
	out := r.config
	if out.Environment != nil {
		out.Environment = &Environment{Variables: maps.Clone(out.Environment.Variables)}
	}
	return out
}

// touch marks a change.
func (c *FunctionConfiguration) touch(now time.Time) {
	c.LastModified = now.UTC().Format("2006-01-02T15:04:05.000+0000")
	c.RevisionId = uuid.NewString()
}

// newPool makes the pool for a revision of a function.
func (s *Service) newPool(c FunctionConfiguration, taskRoot string) (*environment.Pool, error) {
	log, err := s.log(c.FunctionName)
	if err != nil {
		return nil, err
	}
	fn := environment.Function{
		Name: c.FunctionName, ARN: c.FunctionArn, Version: c.Version, Handler: c.Handler, TaskRoot: taskRoot,
		MemoryMB: c.MemorySize, Timeout: time.Duration(c.Timeout) * time.Second, LogGroup: c.LoggingConfig.LogGroup, Log: log,
		Stream: s.streams(c.LoggingConfig.LogGroup),
	}
	if c.Environment != nil {
		fn.Env = c.Environment.Variables
	}
	return s.host.NewPool(fn), nil
}

// log is a function's log; it stays open so that a function of the same name goes on with it.
func (s *Service) log(name string) (*process.LogFile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if log := s.logs[name]; log != nil {
		return log, nil
	}
	log, err := process.OpenLogFile(s.logPath(name), s.cfg.LogBytes)
	if err != nil {
		return nil, fmt.Errorf("function %s: %w", name, err)
	}
	s.logs[name] = log
	return log, nil
}

// retire ends a revision in the background, and removes its code when no other revision runs it. The caller put it in
// s.retired in the step that took it from s.functions: another revision of the same code may end in between.
func (s *Service) retire(pool *environment.Pool, taskRoot string) {
	pool.Retire()
	s.spawn(func() {
		pool.Close(context.Background()) // every invocation has a timeout
		s.mu.Lock()
		delete(s.retired, pool)
		needed := s.needs(taskRoot)
		s.mu.Unlock()
		if needed {
			return
		}
		if err := removeCode(taskRoot); err != nil {
			s.cfg.Logger.Warn("code left behind", "dir", taskRoot, "error", err)
		}
	})
}

// needs reports whether a revision, the present one or one that has not ended yet, has its code at taskRoot; s.mu is
// held.
func (s *Service) needs(taskRoot string) bool {
	for _, f := range s.functions {
		for _, r := range f.revisions() {
			if r.taskRoot == taskRoot {
				return true
			}
		}
	}
	for _, root := range s.retired {
		if root == taskRoot {
			return true
		}
	}
	return false
}

// archiveOf is where the archive is kept that code was unpacked from.
func archiveOf(taskRoot string) string { return taskRoot + ".zip" }

// removeCode removes unpacked code and its archive.
func removeCode(taskRoot string) error {
	err := os.Remove(archiveOf(taskRoot)) //nolint:gosec // a directory of the service's own
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(code.Remove(taskRoot), err)
}

// find returns a function by name; its qualifier, if it has one, must exist. s.mu is held.
func (s *Service) find(name string) (*function, *Error) {
	id, e := s.parseName(name)
	if e != nil {
		return nil, e
	}
	f := s.functions[id.name]
	if f == nil || !f.has(id.qualifier) {
		return nil, functionNotFound(s.functionARN(id))
	}
	return f, nil
}

// has tells whether a function has a qualifier: $LATEST, a version or an alias.
func (f *function) has(qualifier string) bool {
	return qualifier == "" || qualifier == latest || f.versions[qualifier] != nil || f.aliases[qualifier] != nil
}

// resolve returns a function and the revision that its qualifier stands for; an alias of two versions stands for one of
// them by chance. s.mu is held.
func (s *Service) resolve(name string) (*function, *revision, *Error) {
	f, e := s.find(name)
	if e != nil {
		return nil, nil, e
	}
	id, e := s.parseName(name)
	if e != nil {
		return nil, nil, e
	}
	number := id.qualifier
	if alias := f.aliases[number]; alias != nil {
		number = alias.choose()
	}
	if r := f.versions[number]; r != nil {
		return f, r, nil
	}
	return f, &f.revision, nil
}

// describe is the configuration of a revision, named as the caller named it; s.mu is held.
func (s *Service) describe(name string, r *revision) (FunctionConfiguration, *Error) {
	id, e := s.parseName(name)
	if e != nil {
		return FunctionConfiguration{}, e
	}
	out := r.snapshot()
	out.FunctionArn = s.functionARN(id)
	return out, nil
}
