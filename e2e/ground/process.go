package ground

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

const (
	// StartTimeout bounds the start of a program on a loaded machine.
	StartTimeout = time.Minute
	// keptLines is how much of a program's log is kept for who has to find a mistake.
	keptLines = 60
	// maxLine bounds a line that is kept in memory until it ends.
	maxLine = 1 << 20
)

// Command says what to start.
type Command struct {
	Path string
	Args []string
	Env  []string // all of it, but for PATH
	Dir  string
	Out  func(line []byte) // is called with every line of the standard output
	Log  func(line []byte) // and of the other one
	// Stdin gives it a standard input, which Process.Input writes to.
	Stdin bool
}

// Process is a program that was started. Its methods may be called concurrently.
type Process struct {
	Name  string
	Input io.WriteCloser // nil without a standard input

	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // why, once it is done

	mu    sync.Mutex // guards what follows
	lines [][]byte
	race  bool
}

// Start starts a program. It ends with this one.
func (g *Ground) Start(name string, c Command) (*Process, error) {
	cmd := exec.Command(c.Path, c.Args...) //nolint:noctx // it lives until it is killed
	p := &Process{Name: name, cmd: cmd, done: make(chan struct{})}
	p.cmd.Dir = c.Dir
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, c.Env...)
	p.cmd.Stdout = &lineWriter{each: func(line []byte) {
		if c.Out != nil {
			c.Out(line)
		}
	}}
	p.cmd.Stderr = &lineWriter{each: func(line []byte) {
		p.keep(line)
		if c.Log != nil {
			c.Log(line)
		}
	}}
	if c.Stdin {
		var err error
		if p.Input, err = cmd.StdinPipe(); err != nil {
			return nil, fmt.Errorf("start %s: %w", name, err)
		}
	}
	if err := g.starter.Start(p.cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() { // close waits for it
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	g.processes = append(g.processes, p)
	return p, nil
}

// keep remembers a line of the log.
func (p *Process) keep(line []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.race = p.race || bytes.Contains(line, []byte("WARNING: DATA RACE"))
	if p.race && len(p.lines) >= keptLines {
		return // the report of the race is what matters
	}
	if p.lines = append(p.lines, bytes.Clone(line)); len(p.lines) > keptLines {
		p.lines = p.lines[1:]
	}
}

// Logs returns the end of the log.
func (p *Process) Logs() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf("-- %s:\n%s\n", p.Name, bytes.Join(p.lines, []byte("\n")))
}

// Raced returns an error if the race detector has found something.
func (p *Process) Raced() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.race {
		return fmt.Errorf("data race in %s", p.Name)
	}
	return nil
}

// Signal sends a signal.
func (p *Process) Signal(s syscall.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("signal %s to %s: %w", s, p.Name, err)
	}
	return nil
}

// Kill ends the process and waits for that. It may have ended already.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // fails for what has ended
	<-p.done
}

// Await waits until ready is closed.
func (p *Process) Await(ctx context.Context, ready <-chan struct{}, what string) error {
	timeout := time.NewTimer(StartTimeout)
	defer timeout.Stop()
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-p.done:
		return fmt.Errorf("%s ended before %s: %w\n%s", p.Name, what, p.err, p.Logs())
	case <-timeout.C:
		return fmt.Errorf("%s: not %s within %s\n%s", p.Name, what, StartTimeout, p.Logs())
	}
}

// lineWriter calls a function with every line, without its end.
type lineWriter struct {
	each func(line []byte)
	rest []byte
}

// Write implements io.Writer.
func (w *lineWriter) Write(b []byte) (int, error) {
	n := len(b)
	for {
		line, after, ended := bytes.Cut(b, []byte{'\n'})
		if !ended {
			w.rest = append(w.rest, line[:min(len(line), max(0, maxLine-len(w.rest)))]...)
			return n, nil
		}
		if len(w.rest) > 0 {
			line = append(w.rest, line...)
			w.rest = w.rest[:0]
		}
		w.each(line)
		b = after
	}
}

// Ended tells whether the process has.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Exit returns how the process has ended, nil if well or not yet.
func (p *Process) Exit() error {
	if !p.Ended() {
		return nil
	}
	return p.err
}

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }
