package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

var errExitedEarly = errors.New("exited before it was ready")

// Service describes a process that is to be kept running.
type Service struct {
	// Name is unique in its supervisor and names its log file.
	Name string
	// Command is what to run. Its Output is ignored: the output goes to the log file.
	Command Command
	// Address is where it can be reached, as host:port, or empty. It must be free before the process is started, or
	// Ready would take another program there for it.
	Address string
	// Ready tells when it can be used; nil means as soon as it is started.
	Ready Probe
	// ReadyTimeout bounds the wait for Ready; 0 means [DefaultReadyTimeout].
	ReadyTimeout time.Duration
}

// State is what a service is doing.
type State string

// The states of a service.
const (
	Starting State = "starting" // started, not yet ready
	Running  State = "running"  // ready
	Waiting  State = "waiting"  // crashed; to be restarted after a pause
	Stopped  State = "stopped"  // ended on request
	Failed   State = "failed"   // never became ready, or crashed too often in a row; not restarted
)

// Status is a service as it is now.
type Status struct {
	Name     string    `json:"name"`
	State    State     `json:"state"`
	Pid      int       `json:"pid,omitempty"` // 0 when no process runs
	Address  string    `json:"address,omitempty"`
	Started  time.Time `json:"started,omitzero"` // when the present process was started
	Restarts int       `json:"restarts"`
	LastExit string    `json:"last_exit,omitempty"` // how the last process ended
	LogPath  string    `json:"log_path"`
}

// service is a Service at work. Its process is owned by one goroutine, run.
type service struct {
	spec  Service
	sup   *Supervisor
	log   *slog.Logger
	out   *LogFile
	stop  context.CancelFunc
	ended chan struct{}

	mu     sync.Mutex // guards status
	status Status
}

func (s *service) set(change func(*Status)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.status)
}

func (s *service) snapshot() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// run starts the process again and again until ctx ends. first gets the outcome of the first start.
func (s *service) run(ctx context.Context, first chan<- error) {
	crashes := 0
	for {
		proc, err := s.start(ctx)
		if first != nil {
			first <- err
			first = nil
			if err != nil {
				s.end(Failed)
				return
			}
		}
		if err == nil && s.watch(ctx, proc) {
			s.end(Stopped)
			return
		}
		if proc != nil && time.Since(proc.Started()) >= stableAfter {
			crashes = 0
		}
		crashes++
		if !s.pause(ctx, crashes) {
			return
		}
	}
}

// end records the last state, with no process left.
func (s *service) end(state State) {
	s.set(func(st *Status) { st.State, st.Pid = state, 0 })
}

// start starts the process and waits until it is ready. A process that does not become ready is stopped.
func (s *service) start(ctx context.Context) (*Process, error) {
	cmd := s.spec.Command
	cmd.Output = s.out
	err := checkFree(ctx, s.spec.Address)
	var proc *Process
	if err == nil {
		proc, err = s.sup.launcher.Start(cmd)
	}
	if err != nil {
		s.set(func(st *Status) { st.LastExit = err.Error() })
		return nil, err
	}
	s.set(func(st *Status) { st.State, st.Pid, st.Started = Starting, proc.Pid(), proc.Started() })
	if err := s.awaitReady(ctx, proc); err != nil {
		s.sup.stopProcess(proc)
		exit := exitText(proc)
		s.set(func(st *Status) { st.LastExit = exit })
		return proc, s.startError(err, exit)
	}
	s.set(func(st *Status) { st.State = Running })
	s.log.Info("service running", "pid", proc.Pid(), "address", s.spec.Address)
	return proc, nil
}

func (s *service) awaitReady(ctx context.Context, proc *Process) error {
	if s.spec.Ready == nil {
		return nil
	}
	limit := s.spec.ReadyTimeout
	if limit <= 0 {
		limit = DefaultReadyTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return await(ctx, s.spec.Ready, proc.Exited())
}

// startError tells why the first start did not succeed, with what the process said last.
func (s *service) startError(err error, exit string) error {
	if errors.Is(err, errExitedEarly) {
		err = fmt.Errorf("%w: %s", err, exit)
	}
	if last := s.out.lastLine(); last != "" {
		return fmt.Errorf("%w; last line of %s: %s", err, s.out.Path(), last)
	}
	return fmt.Errorf("%w; its log is %s", err, s.out.Path())
}

// watch waits for the process to end or for ctx, which stops it. It reports whether the end was asked for.
func (s *service) watch(ctx context.Context, proc *Process) (asked bool) {
	select {
	case <-proc.Exited():
	case <-ctx.Done():
		asked = true
		s.sup.stopProcess(proc)
	}
	exit := exitText(proc)
	s.set(func(st *Status) { st.LastExit, st.Pid = exit, 0 })
	if !asked {
		s.log.Warn("service ended unasked", "exit", exit)
	}
	return asked
}

// pause waits before the next start, longer after each crash in a row. It reports false when there is to be none.
func (s *service) pause(ctx context.Context, crashes int) bool {
	if crashes > restartLimit {
		s.log.Error("service given up", "crashes", crashes)
		s.end(Failed)
		return false
	}
	s.end(Waiting)
	select {
	case <-ctx.Done():
		s.end(Stopped)
		return false
	case <-time.After(s.sup.cfg.Backoff.delay(crashes)):
	}
	s.set(func(st *Status) { st.Restarts++ })
	return true
}

func exitText(p *Process) string {
	if err := p.Err(); err != nil {
		return err.Error()
	}
	return "exit status 0"
}

// Backoff is the pause before a restart: Base after the first crash, doubled after each further one, at most Cap.
type Backoff struct {
	Base time.Duration
	Cap  time.Duration
}

// delay is the pause after the given crash in a row, between half and the whole of the doubled base, so that several
// services that fell together do not rise together.
func (b Backoff) delay(crashes int) time.Duration {
	d := b.Base
	for i := 1; i < crashes && d < b.Cap; i++ {
		d *= 2
	}
	d = min(d, b.Cap)
	return d/2 + rand.N(d/2+1)
}
