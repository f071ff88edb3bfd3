// Package child starts programs that end with the one that starts them, however that
// ends.
//
// A [Starter] starts them. What they say, and their end, is the caller's. A Starter may
// be used by several goroutines, but for Close.
package child

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// Starter starts programs that the kernel kills when this one ends. The kernel ties that
// to the thread that started them, so that one thread starts all of them and lives until
// Close.
type Starter struct {
	requests chan request
	thread   sync.WaitGroup
}

type request struct {
	cmd   *exec.Cmd
	reply chan error
}

// NewStarter returns a starter. Close it.
func NewStarter() *Starter {
	s := &Starter{requests: make(chan request)}
	s.thread.Go(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for r := range s.requests {
			r.reply <- r.cmd.Start()
		}
	})
	return s
}

// Start starts cmd.
func (s *Starter) Start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	r := request{cmd, make(chan error, 1)}
	s.requests <- r
	return <-r.reply
}

// Close ends the thread. What it has started must have ended.
func (s *Starter) Close() {
	close(s.requests)
	s.thread.Wait()
}
