package environment

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/spillway/spillway/pkg/sandbox/process"
)

// environment is one execution environment: a process, its Runtime API and what it writes. It is used by one
// invocation at a time.
type environment struct {
	host     *Host
	fn       Function
	api      *runtimeAPI
	server   *http.Server
	serving  sync.WaitGroup
	out      *output
	tmpDir   string
	proc     *process.Process
	initTook time.Duration // reported with the first invocation, then 0
	memory   memory
	reap     *time.Timer // fires when it has been idle for too long; owned by the pool
}

// start starts an environment. What it needs from this machine may be lacking: that is the error.
func start(host *Host, fn Function) (*environment, error) {
	e := &environment{host: host, fn: fn, api: newRuntimeAPI()}
	lis, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not wait
	if err != nil {
		return nil, fmt.Errorf("listen for the runtime API: %w", err)
	}
	logStream := time.Now().UTC().Format("2006/01/02/") + "[" + fn.Version + "]" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if e.out, err = newOutput(fn.receiver(logStream)); err != nil {
		_ = lis.Close()
		return nil, err
	}
	e.out.printf("%s", initStart(host.cfg.Region))
	e.server = &http.Server{Handler: e.api.handler(), ReadHeaderTimeout: host.cfg.InitTimeout}
	e.serving.Go(func() { _ = e.server.Serve(lis) }) // ends with ErrServerClosed
	if err := e.launch(lis.Addr().String(), logStream); err != nil {
		e.destroy()
		return nil, err
	}
	return e, nil
}

func (e *environment) launch(runtimeAPI, logStream string) error {
	dir, err := os.MkdirTemp(e.host.cfg.TempDir, e.fn.Name+"-")
	if err != nil {
		return fmt.Errorf("make temporary directory: %w", err)
	}
	e.tmpDir = dir
	e.proc, err = e.host.cfg.Launcher.Start(process.Command{
		Path:   e.fn.bootstrap(),
		Env:    e.fn.variables(e.host.cfg, runtimeAPI, dir, logStream),
		Dir:    e.fn.TaskRoot,
		Output: e.out.pipe,
	})
	return err
}

// initialise waits for the end of the init phase: nil once the runtime asks for work, else what went wrong, told for
// inv. The environment is of no use then.
func (e *environment) initialise(inv *invocation, limit time.Duration) *outcome {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	defer e.watchMemory()()
	var out outcome
	select {
	case <-e.api.polled:
		e.initTook = time.Since(e.proc.Started())
		return nil
	case out = <-e.api.broken:
	case <-e.proc.Exited():
		out = e.ended(inv)
	case <-timer.C:
		out = inv.timedOut(limit)
	}
	return &out
}

// ended is the outcome for a process that is gone. An init error that it told before it went is the better reason.
func (e *environment) ended(inv *invocation) outcome {
	select {
	case out := <-e.api.broken:
		return out
	default:
		return inv.crashed(e.proc.Err())
	}
}

// handle runs one invocation until its time is over. It reports whether the environment can be used again, which is so
// once the runtime has asked for the next one.
func (e *environment) handle(inv *invocation, limit time.Duration) (outcome, bool) {
	timer := time.NewTimer(time.Until(inv.deadline))
	defer timer.Stop()
	defer e.watchMemory()()
	select {
	case e.api.work <- inv:
	case <-e.proc.Exited():
		return inv.crashed(e.proc.Err()), false
	case <-timer.C:
		return inv.timedOut(limit), false
	}
	var out outcome
	select {
	case out = <-inv.answered:
	case <-e.proc.Exited():
		return inv.crashed(e.proc.Err()), false
	case <-timer.C:
		return inv.timedOut(limit), false
	}
	select {
	case <-inv.askedNext:
		return out, true
	case <-e.proc.Exited():
	case <-timer.C:
	}
	return out, false
}

// freeze stops the processes of the environment from running until thaw.
func (e *environment) freeze() {
	if !e.host.cfg.NoFreeze {
		e.proc.Signal(syscall.SIGSTOP)
	}
}

func (e *environment) thaw() {
	if !e.host.cfg.NoFreeze {
		e.proc.Signal(syscall.SIGCONT)
	}
}

// halt stops the processes for good; destroy is to follow.
func (e *environment) halt() { e.proc.Signal(syscall.SIGSTOP) }

// alive tells whether the process runs.
func (e *environment) alive() bool {
	select {
	case <-e.proc.Exited():
		return false
	default:
		return true
	}
}

// destroy kills the process and removes what belonged to it. It returns when nothing is left.
func (e *environment) destroy() {
	if e.proc != nil {
		e.proc.Kill()
		<-e.proc.Exited()
	}
	close(e.api.closed)
	_ = e.server.Close() // nobody calls any more; the handlers end with closed
	e.serving.Wait()
	e.out.close()
	if e.tmpDir != "" {
		if err := os.RemoveAll(e.tmpDir); err != nil {
			e.host.cfg.Logger.Warn("temporary directory left behind", "function", e.fn.Name, "error", err)
		}
	}
}
