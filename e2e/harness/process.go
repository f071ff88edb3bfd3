package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/spillway/spillway/e2e/child"
)

// program is a process that can be started again after it has ended.
type program struct {
	starter *child.Starter
	path    string
	args    []string
	env     []string
	dir     string
	log     string // file that its output is appended to

	mu     sync.Mutex // guards what follows
	cmd    *exec.Cmd
	exited chan struct{} // closed when cmd is gone
}

// start starts the process, which must not be running.
func (p *program) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.alive() {
		return fmt.Errorf("start %s: it runs already", p.path)
	}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.path, err)
	}
	defer out.Close()                      // the process has its own
	cmd := exec.Command(p.path, p.args...) //nolint:noctx // it lives until it is stopped
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = p.env, p.dir, out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.starter.Start(cmd); err != nil {
		return fmt.Errorf("start %s: %w", p.path, err)
	}
	exited := make(chan struct{})
	p.cmd, p.exited = cmd, exited
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(exited)
	}()
	return nil
}

// alive tells whether the process runs; p.mu is held.
func (p *program) alive() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// pid is the process id, 0 if it does not run.
func (p *program) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.alive() {
		return 0
	}
	return p.cmd.Process.Pid
}

// signal sends a signal, unless the process has ended.
func (p *program) signal(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.alive() {
		return nil
	}
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal %s: %w", p.path, err)
	}
	return nil
}

// gone is closed when the process has ended.
func (p *program) gone() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.alive() {
		return closed
	}
	return p.exited
}

var closed = func() chan struct{} { //nolint:gochecknoglobals // a constant, but for the language
	c := make(chan struct{})
	close(c)
	return c
}()

// kill ends the process at once, also one that is stopped, and returns when it is gone.
func (p *program) kill() error {
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.gone()
	return nil
}

// terminate asks the process to end and waits for it. One that has not ended when ctx
// does, or after the grace, is killed, which is an error.
func (p *program) terminate(ctx context.Context, grace time.Duration) error {
	gone := p.gone()
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("%s has not ended %s after SIGTERM", p.path, grace), p.kill())
	}
}
