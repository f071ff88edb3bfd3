package process

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"sync"
	"time"
)

// outputGrace is how long a process that has exited is waited for to hand over its last output, in case something
// outside its group still holds its pipes.
const outputGrace = 2 * time.Second

// ErrClosed is returned by [Launcher.Start] after [Launcher.Close].
var ErrClosed = errors.New("process: launcher is closed")

// Command says what to run.
type Command struct {
	// Path is the program; it is not searched for in PATH.
	Path string
	// Args are its arguments, without the program's name.
	Args []string
	// Env is its whole environment as KEY=value; nothing is inherited.
	Env []string
	// Dir is its working directory; empty means that of the calling program.
	Dir string
	// Files limits the files that it may have open, on Linux and from right after its start; the zero value leaves the limit as it is.
	Files FileLimit
	// Output receives what it writes to standard output and standard error; nil discards it.
	Output io.Writer
}

// FileLimit is how many files a process may have open, connections among them: up to Soft, which it may raise to Hard. Neither is
// more than what this program itself may have.
type FileLimit struct{ Soft, Hard uint64 }

// Launcher starts processes that die with this program. The zero value is ready to use. Close ends it.
//
// On Linux the kernel ties a child's "kill me when my parent dies" to the thread that created it, so every child is
// created by one thread that lives until Close.
type Launcher struct {
	mu       sync.Mutex // guards started, closed, running
	requests chan launch
	started  bool
	closed   bool
	running  map[*Process]struct{}
	thread   sync.WaitGroup
}

type launch struct {
	cmd   *exec.Cmd
	files FileLimit
	err   chan error
}

// start starts the command with its limits.
func (l launch) start() error {
	if err := l.cmd.Start(); err != nil {
		return err
	}
	err := limitFiles(l.cmd.Process.Pid, l.files)
	if err != nil {
		_ = l.cmd.Process.Kill()
		_ = l.cmd.Wait()
	}
	return err
}

// Start starts cmd in a process group of its own.
func (l *Launcher) Start(cmd Command) (*Process, error) {
	c := exec.Command(cmd.Path, cmd.Args...) //nolint:noctx // it lives until it is stopped
	c.Env = cmd.Env
	if c.Env == nil {
		c.Env = []string{} // a nil Env would inherit this program's
	}
	c.Dir = cmd.Dir
	c.Stdout, c.Stderr = cmd.Output, cmd.Output
	c.WaitDelay = outputGrace
	c.SysProcAttr = childAttributes()
	p := &Process{cmd: c, started: time.Now(), exited: make(chan struct{})}

	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, ErrClosed)
	}
	l.startThread()
	req := launch{cmd: c, files: cmd.Files, err: make(chan error, 1)}
	l.requests <- req
	if err := <-req.err; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	l.running[p] = struct{}{}
	p.done.Go(func() {
		p.reap()
		l.forget(p)
		close(p.exited)
	})
	return p, nil
}

// startThread starts the creating thread with the first process; l.mu is held.
func (l *Launcher) startThread() {
	if l.started {
		return
	}
	l.started = true
	l.requests = make(chan launch)
	l.running = make(map[*Process]struct{})
	requests := l.requests
	l.thread.Go(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for req := range requests {
			req.err <- req.start()
		}
	})
}

func (l *Launcher) forget(p *Process) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, p)
}

// Close kills every process that is still running and waits until they are gone. Start fails from then on.
func (l *Launcher) Close() {
	l.mu.Lock()
	first := !l.closed
	l.closed = true
	left := make([]*Process, 0, len(l.running))
	for p := range l.running {
		left = append(left, p)
	}
	l.mu.Unlock()
	for _, p := range left {
		p.Kill()
	}
	for _, p := range left {
		p.done.Wait()
	}
	if first && l.started {
		close(l.requests)
	}
	l.thread.Wait()
}
