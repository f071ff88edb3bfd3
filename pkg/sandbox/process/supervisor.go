package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"
)

const (
	// DefaultReadyTimeout is how long a service may take to become ready.
	DefaultReadyTimeout = 15 * time.Second
	// DefaultStopGrace is how long a service may take to end after SIGTERM.
	DefaultStopGrace = 5 * time.Second
	// stableAfter is how long a process must have run for its crash to count as the first one again.
	stableAfter = 30 * time.Second
	// restartLimit is how many crashes in a row are followed by a restart; beyond it the service is broken, and
	// starting it again only fills its log.
	restartLimit = 20
)

// DefaultBackoff is the pause between restarts when [Config] names none.
func DefaultBackoff() Backoff { return Backoff{Base: 200 * time.Millisecond, Cap: 10 * time.Second} }

// Config is what a [Supervisor] needs. Logger is required.
type Config struct {
	// LogDir is where each service's output goes, as NAME.log.
	LogDir string
	// LogBytes is the size at which a log is rotated; 0 means [DefaultLogBytes].
	LogBytes int64
	// StopGrace is the time between SIGTERM and SIGKILL; 0 means [DefaultStopGrace].
	StopGrace time.Duration
	// Backoff is the pause before a restart; zero means [DefaultBackoff].
	Backoff Backoff
	// Logger is told of starts, crashes and stops.
	Logger *slog.Logger
}

// Supervisor keeps services running. Make one with [NewSupervisor]; end it with [Supervisor.Stop].
type Supervisor struct {
	cfg      Config
	launcher Launcher

	hurry     chan struct{} // closed when the context of Stop has ended: no more grace
	hurryOnce sync.Once

	mu       sync.Mutex // guards services, stopping
	services []*service // in the order of their start
	stopping bool
}

// NewSupervisor returns a supervisor without services.
func NewSupervisor(cfg Config) *Supervisor {
	if cfg.StopGrace <= 0 {
		cfg.StopGrace = DefaultStopGrace
	}
	if cfg.Backoff == (Backoff{}) {
		cfg.Backoff = DefaultBackoff()
	}
	return &Supervisor{cfg: cfg, hurry: make(chan struct{})}
}

// ErrStopping is returned by [Supervisor.Start] once Stop has been called.
var ErrStopping = errors.New("process: supervisor is stopping")

// Start starts a service and returns once it is ready. If it does not become ready, or ends before, nothing is left
// running, and the error says what its log says last. A later crash is followed by a restart.
func (s *Supervisor) Start(ctx context.Context, spec Service) error {
	svc, runCtx, err := s.add(spec)
	if err != nil {
		return fmt.Errorf("start service %q: %w", spec.Name, err)
	}
	first := make(chan error, 1)
	go func() {
		defer close(svc.ended)
		svc.run(runCtx, first)
		_ = svc.out.Close()
	}()
	select {
	case err = <-first:
	case <-ctx.Done():
		svc.stop()
		<-svc.ended
		err = ctx.Err()
	}
	if err != nil {
		<-svc.ended
		return fmt.Errorf("start service %q: %w", spec.Name, err)
	}
	return nil
}

// servicePattern keeps a name usable as a file name.
const servicePattern = `^[a-z0-9][a-z0-9_-]{0,62}$`

func (s *Supervisor) add(spec Service) (*service, context.Context, error) {
	if !regexp.MustCompile(servicePattern).MatchString(spec.Name) {
		return nil, nil, fmt.Errorf("name must match %s", servicePattern)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return nil, nil, ErrStopping
	}
	if old := s.find(spec.Name); old != nil {
		if !old.isOver() {
			return nil, nil, errors.New("is already started")
		}
		s.services = slices.DeleteFunc(s.services, func(v *service) bool { return v == old })
	}
	out, err := OpenLogFile(filepath.Join(s.cfg.LogDir, spec.Name+".log"), s.cfg.LogBytes)
	if err != nil {
		return nil, nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	svc := &service{
		spec: spec, sup: s, log: s.cfg.Logger.With("service", spec.Name), out: out, stop: stop,
		ended:  make(chan struct{}),
		status: Status{Name: spec.Name, State: Starting, Address: spec.Address, LogPath: out.Path()},
	}
	s.services = append(s.services, svc)
	return svc, ctx, nil
}

func (s *service) isOver() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// find returns the service of that name or nil; s.mu is held.
func (s *Supervisor) find(name string) *service {
	for _, svc := range s.services {
		if svc.spec.Name == name {
			return svc
		}
	}
	return nil
}

// Status lists the services in the order of their start.
func (s *Supervisor) Status() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Status, len(s.services))
	for i, svc := range s.services {
		out[i] = svc.snapshot()
	}
	return out
}

// Stop stops every service, the last started first, and returns when no process is left. Each gets SIGTERM and the
// grace; when ctx ends, the rest is killed at once.
func (s *Supervisor) Stop(ctx context.Context) {
	release := context.AfterFunc(ctx, func() { s.hurryOnce.Do(func() { close(s.hurry) }) })
	defer release()
	s.mu.Lock()
	s.stopping = true
	services := slices.Clone(s.services)
	s.mu.Unlock()
	for _, svc := range slices.Backward(services) {
		svc.stop()
		<-svc.ended
	}
	s.launcher.Close()
}

// stopProcess ends one process within the grace, and at once when the context of Stop has ended.
func (s *Supervisor) stopProcess(p *Process) { p.stop(s.hurry, s.cfg.StopGrace) }
