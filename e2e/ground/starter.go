package ground

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// starter starts programs that the kernel ends when this one ends, however it ends.
// The kernel ties that to the thread that started them, so that one thread starts all
// of them and lives until close.
type starter struct {
	requests chan startRequest
	thread   sync.WaitGroup
}

type startRequest struct {
	cmd   *exec.Cmd
	reply chan error
}

func newStarter() *starter {
	s := &starter{requests: make(chan startRequest)}
	s.thread.Go(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for r := range s.requests {
			r.reply <- r.cmd.Start()
		}
	})
	return s
}

// start starts cmd.
func (s *starter) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	r := startRequest{cmd, make(chan error, 1)}
	s.requests <- r
	return <-r.reply
}

// close ends the thread. What it has started must have ended.
func (s *starter) close() {
	close(s.requests)
	s.thread.Wait()
}
