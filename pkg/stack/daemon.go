package stack

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// maxPidBytes is more than a process id has.
	maxPidBytes = 32
	// startGrace is how long the lock of the process id may be held by someone who only looks at it.
	startGrace = 2 * time.Second
	// killGrace is how long killed processes take to be gone.
	killGrace = 5 * time.Second
)

// daemon is a sandbox that this program has started.
type daemon struct {
	pid int
	// ended is closed when it is gone; err is valid then.
	ended chan struct{}
	err   error
}

// running says whether a daemon of this stack, or a child of it, lives, and the daemon's process id. The id alone
// would not tell: after a crash or a reboot it may be another program's. The daemon holds a lock on its file.
func (s *Stack) running() (pid int, alive bool, err error) {
	f, err := os.Open(s.path(pidFile))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	free, err := tryLock(f, syscall.LOCK_SH)
	if err != nil || free {
		return 0, false, err
	}
	text, err := readBounded(s.path(pidFile), maxPidBytes)
	if err != nil {
		return 0, true, err
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 1 {
		return 0, true, fmt.Errorf("%s is locked by a running stack, but holds %q and no process id", s.path(pidFile), text)
	}
	return pid, true, nil
}

// launch starts the daemon in a session of its own, so that neither Ctrl-C nor a closed terminal ends it.
func (s *Stack) launch(ctx context.Context, ports Ports) (*daemon, error) {
	lock, err := openLock(s.path(pidFile))
	if err != nil {
		return nil, err
	}
	defer lock.Close() // the daemon has its own
	wait, cancel := context.WithTimeout(ctx, startGrace)
	defer cancel()
	if err := awaitLock(wait, lock); err != nil {
		return nil, err
	}
	log, err := os.Create(s.path(logDir, sandboxLog))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	// It outlives ctx: only Down ends it.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), s.binary("sandbox"))
	cmd.Env = s.daemonEnvironment(ports)
	cmd.Dir = s.o.Dir
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	d := &daemon{pid: cmd.Process.Pid, ended: make(chan struct{})}
	// It ends with the daemon, or with this program, which usually ends first.
	go func() {
		d.err = cmd.Wait()
		close(d.ended)
	}()
	if err := writePid(lock, d.pid); err != nil {
		return nil, errors.Join(err, s.end(context.WithoutCancel(ctx), d.pid, 0))
	}
	return d, nil
}

func writePid(f *os.File, pid int) error {
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("write the process id: %w", err)
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(pid)+"\n"), 0); err != nil {
		return fmt.Errorf("write the process id: %w", err)
	}
	return nil
}

// daemonEnvironment is all that the daemon gets: a developer's AWS_ or SPILLWAY_ variables must not leak into it.
func (s *Stack) daemonEnvironment(ports Ports) []string {
	env := []string{
		"SPILLWAY_SANDBOX_LISTEN=" + address(ports.AWS),
		"SPILLWAY_SANDBOX_STATE=" + s.path(stateDir),
		"SPILLWAY_SANDBOX_CACHES=" + s.o.Redis,
		"SPILLWAY_SANDBOX_REDIS_LISTEN=" + address(ports.Redis),
		"SPILLWAY_SANDBOX_SERVICES=" + s.path(servicesFile),
		"SPILLWAY_SANDBOX_COGNITO=http://" + address(ports.Cognito),
		"SPILLWAY_SANDBOX_TLS_CA=" + s.path(stateDir, tlsDir, caFile),
		"SPILLWAY_SANDBOX_TLS_CERT=" + s.path(stateDir, tlsDir, certFile),
		"SPILLWAY_SANDBOX_TLS_KEY=" + s.path(stateDir, tlsDir, keyFile),
		"SPILLWAY_SANDBOX_LISTENER_CERT=" + s.path(tlsDir, certFile),
		"SPILLWAY_SANDBOX_LISTENER_KEY=" + s.path(tlsDir, keyFile),
		"SPILLWAY_SANDBOX_LOG_LEVEL=" + s.o.LogLevel,
	}
	if s.o.Template == TemplateAllSteps {
		env = append(env, "SPILLWAY_SANDBOX_REDIS=none", "SPILLWAY_SANDBOX_TASKS="+s.path(tasksFile))
	} else {
		env = append(env, "SPILLWAY_SANDBOX_REDIS="+s.o.Redis)
	}
	return append(env, inherited("PATH", "HOME", "TMPDIR")...)
}

// inherited are the variables of this program with those names, as far as they are set.
func inherited(names ...string) []string {
	var env []string
	for _, name := range names {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// end ends the daemon with that process id, which is known to be ours, and everything it supervises: SIGTERM, and
// SIGKILL once the grace is over.
func (s *Stack) end(ctx context.Context, pid int, grace time.Duration) error {
	children := s.children(ctx, pid)
	if grace > 0 {
		_ = syscall.Kill(pid, syscall.SIGTERM) // an error is that it has just ended
		if s.awaitEnd(ctx, grace) {
			return nil
		}
		s.say("The sandbox (pid %d) has not ended after %s: killing it.", pid, grace)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	// On Linux its children die with it. Elsewhere those that led groups of their own are left.
	if s.awaitEnd(ctx, killGrace/2) {
		return nil
	}
	for _, child := range children {
		_ = syscall.Kill(-child, syscall.SIGKILL)
	}
	if !s.awaitEnd(ctx, killGrace/2) {
		return fmt.Errorf("processes of the stack in %s still run, although the sandbox (pid %d) and its services %v were killed", s.o.Dir, pid, children)
	}
	return nil
}

// children are the process ids of the daemon's services, as far as it answers.
func (s *Stack) children(ctx context.Context, pid int) []int {
	r, err := s.record()
	if err != nil {
		return nil
	}
	h, err := fetchHealth(ctx, r.Endpoints.AWS)
	if err != nil || h.Pid != pid {
		return nil
	}
	var pids []int
	for _, service := range h.Services {
		if service.Pid > 1 {
			pids = append(pids, service.Pid)
		}
	}
	return pids
}

// awaitEnd waits until no process of the stack lives, for at most the time given.
func (s *Stack) awaitEnd(ctx context.Context, limit time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	f, err := os.Open(filepath.Clean(s.path(pidFile)))
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	return awaitLock(ctx, f) == nil
}
