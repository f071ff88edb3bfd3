package process

import (
	"context"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Process is one started child and the process group it leads.
type Process struct {
	cmd     *exec.Cmd
	started time.Time
	exited  chan struct{}
	done    sync.WaitGroup

	mu     sync.Mutex // guards reaped and keeps a signal from meeting a reused process id
	reaped bool
	err    error // how it ended; written before exited is closed
}

// Pid is the process id, which is also the id of its group.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Started is when the process was started.
func (p *Process) Started() time.Time { return p.started }

// Exited is closed once the process is gone, its group is killed and its output is complete.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Err says how the process ended: nil for exit status 0, else as [exec.Cmd.Wait]. Valid once Exited is closed.
func (p *Process) Err() error {
	select {
	case <-p.exited:
		return p.err
	default:
		return nil
	}
}

// Signal sends sig to every process of the group. It does nothing once the leader is gone.
func (p *Process) Signal(sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		// An error means that the group has just ended, which is what a signal to it is for or does not matter to.
		_ = syscall.Kill(-p.Pid(), sig)
	}
}

// Kill sends SIGKILL to the group, without waiting.
func (p *Process) Kill() { p.Signal(syscall.SIGKILL) }

// Stop sends SIGTERM to the group, waits up to grace for the leader to end, then kills what is left of the group. It
// returns when the process is gone. A context that ends first shortens the grace to nothing.
func (p *Process) Stop(ctx context.Context, grace time.Duration) { p.stop(ctx.Done(), grace) }

func (p *Process) stop(hurry <-chan struct{}, grace time.Duration) {
	p.Signal(syscall.SIGTERM)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.exited:
		return
	case <-timer.C:
	case <-hurry:
	}
	p.Kill()
	<-p.exited
}

// reap waits for the leader to end and kills the rest of its group before the leader's id can be given to another
// process.
func (p *Process) reap() {
	awaitExit(p.Pid())
	p.mu.Lock()
	_ = syscall.Kill(-p.Pid(), syscall.SIGKILL)
	p.reaped = true
	p.mu.Unlock()
	p.err = p.cmd.Wait()
}
