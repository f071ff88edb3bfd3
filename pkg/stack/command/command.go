package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	// interruptGrace is what a program gets to end after an interrupt; mage gives its targets 5 s in all.
	interruptGrace = 3 * time.Second
	// outputGrace is how long the output of a killed group is waited for.
	outputGrace = time.Second
)

// Command is a program to run.
type Command struct {
	// Path is the program, looked up in PATH if it has no slash.
	Path string
	// Args are its arguments, without its name.
	Args []string
	// Dir is where it runs; empty is the caller's directory.
	Dir string
	// Env is its whole environment as KEY=value; nil is the caller's.
	Env []string
	// Stdin is what it reads; nil is nothing.
	Stdin io.Reader
	// Stdout and Stderr take what it writes; nil discards.
	Stdout, Stderr io.Writer
}

// Run runs the program and waits for its end. An error names the program and its arguments; it is the context's error
// if that has ended, else it wraps an [exec.ExitError] where the program ran and failed.
func (c Command) Run(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, c.Path, c.Args...)
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Dir, c.Env, c.Stdin, c.Stdout, c.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = interruptGrace + outputGrace
	var kill *time.Timer
	cmd.Cancel = func() error {
		group := -cmd.Process.Pid
		kill = time.AfterFunc(interruptGrace, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
		return syscall.Kill(group, syscall.SIGINT)
	}
	err := cmd.Run()
	if kill != nil {
		kill.Stop()
		// What the program has left of its group: a shell's background jobs, for one, do not heed an interrupt.
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", c, context.Cause(ctx))
	}
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("%s is not installed, or not in PATH: %w", c.Path, err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c, err)
	}
	return nil
}

// String is the command line, for people: nothing is quoted.
func (c Command) String() string {
	return strings.Join(append([]string{filepath.Base(c.Path)}, c.Args...), " ")
}
