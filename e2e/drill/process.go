package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

const (
	// startTimeout bounds the start of a program on a loaded machine.
	startTimeout = time.Minute
	// keptLines is how much of a program's log is kept for who has to find a mistake.
	keptLines = 60
	// maxLine bounds a line that is kept in memory until it ends.
	maxLine = 1 << 20
)

// command says what to start.
type command struct {
	path string
	args []string
	env  []string // all of it, but for PATH
	dir  string
	out  func(line []byte) // is called with every line of the standard output
	log  func(line []byte) // and of the other one
}

// process is a program that was started. Its methods may be called concurrently.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // why, once it is done

	mu    sync.Mutex // guards what follows
	lines [][]byte
	race  bool
}

// start starts a program. It ends with this one.
func (g *ground) start(name string, c command) (*process, error) {
	cmd := exec.Command(c.path, c.args...) //nolint:noctx // it lives until it is killed
	p := &process{name: name, cmd: cmd, done: make(chan struct{})}
	p.cmd.Dir = c.dir
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, c.env...)
	p.cmd.Stdout = &lineWriter{each: func(line []byte) {
		if c.out != nil {
			c.out(line)
		}
	}}
	p.cmd.Stderr = &lineWriter{each: func(line []byte) {
		p.keep(line)
		if c.log != nil {
			c.log(line)
		}
	}}
	if err := g.starter.start(p.cmd); err != nil {
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
func (p *process) keep(line []byte) {
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

// logs returns the end of the log.
func (p *process) logs() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf("-- %s:\n%s\n", p.name, bytes.Join(p.lines, []byte("\n")))
}

// raced returns an error if the race detector has found something.
func (p *process) raced() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.race {
		return fmt.Errorf("data race in %s", p.name)
	}
	return nil
}

func (p *process) signal(s syscall.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("signal %s to %s: %w", s, p.name, err)
	}
	return nil
}

// kill ends the process and waits for that. It may have ended already.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // fails for what has ended
	<-p.done
}

// await waits until ready is closed.
func (p *process) await(ctx context.Context, ready <-chan struct{}, what string) error {
	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-p.done:
		return fmt.Errorf("%s ended before %s: %w\n%s", p.name, what, p.err, p.logs())
	case <-timeout.C:
		return fmt.Errorf("%s: not %s within %s\n%s", p.name, what, startTimeout, p.logs())
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

// ended tells whether the process has.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// exit returns how the process has ended, nil if well or not yet.
func (p *process) exit() error {
	if !p.ended() {
		return nil
	}
	return p.err
}
