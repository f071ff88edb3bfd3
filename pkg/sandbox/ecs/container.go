package ecs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/process"
)

// container is a container of a task. Its embedded part is guarded by Emulator.mu; the rest is its task's goroutine's.
type container struct {
	Container
	started    *Time // with finished and killed guarded by Emulator.mu, too
	finished   *Time
	definition ContainerDefinition
	image      Image
	process    *process.Process
	output     *output
	stopChecks context.CancelFunc
}

// startContainers starts the containers of a task, in their order.
func (e *Emulator) startContainers(ctx context.Context, t *task) error {
	for _, c := range t.containers {
		env, err := e.environment(ctx, t, c)
		if err != nil {
			return fmt.Errorf("ResourceInitializationError: unable to pull secrets or registry auth: %w", err)
		}
		if c.output, err = e.openOutput(ctx, t, c); err != nil {
			return fmt.Errorf("ResourceInitializationError: failed to validate logger args: %w", err)
		}
		if err := e.startContainer(t, c, env); err != nil {
			e.set(t, func() { c.Reason, c.LastStatus = "CannotStartContainerError: "+err.Error(), taskStopped })
			return fmt.Errorf("CannotStartContainerError: %w", err)
		}
	}
	return nil
}

func (e *Emulator) startContainer(t *task, c *container, env []string) error {
	command, err := c.command(t, env, e.cfg.Resolve)
	if err != nil {
		return err
	}
	if c.output != nil {
		command.Output = c.output
	}
	if c.process, err = e.launcher.Start(command); err != nil {
		return err
	}
	e.set(t, func() { c.LastStatus, c.started = taskRunning, now() })
	c.stopChecks = func() {}
	if c.definition.HealthCheck != nil {
		c.stopChecks = e.spawn(func(ctx context.Context) { e.checkContainer(ctx, t, c, env) })
	}
	e.spawn(func(context.Context) {
		<-c.process.Exited()
		c.stopChecks()
		c.output.close()
		e.set(t, func() {
			code := exitCode(c.process.Err())
			c.LastStatus, c.ExitCode, c.finished = taskStopped, &code, now()
		})
	})
	return nil
}

// command is what a container runs: the definition's entry point and command, or the image's where it has none.
func (c *container) command(t *task, env []string, resolve func(string) string) (process.Command, error) {
	args := slices.Clone(c.definition.EntryPoint)
	if args == nil {
		args = slices.Clone(c.image.Entrypoint)
	}
	switch over := t.overrides.of(c.Name); {
	case len(over.Command) > 0:
		args = append(args, over.Command...)
	case len(c.definition.Command) > 0:
		args = append(args, c.definition.Command...)
	case c.definition.EntryPoint == nil:
		args = append(args, c.image.Command...)
	}
	if len(args) == 0 {
		return process.Command{}, errors.New("no command specified: neither the image nor the task definition has one")
	}
	for _, a := range c.image.Listen {
		args = append(args, strings.ReplaceAll(a, "{address}", t.address))
	}
	for i := range args {
		args[i] = resolve(listenHere(args[i], t.address))
	}
	path, err := c.image.find(args[0], env)
	if err != nil {
		return process.Command{}, err
	}
	dir := c.definition.WorkingDirectory
	if dir == "" {
		dir = c.image.WorkingDir
	}
	return process.Command{Path: path, Args: args[1:], Env: env, Dir: c.image.inside(dir), Files: c.definition.files()}, nil
}

// inside is the path on this machine of one in the image.
func (i Image) inside(path string) string { return filepath.Join(i.Root, filepath.Join("/", path)) }

// find finds a program in the image, along PATH of the environment where it is a name only.
func (i Image) find(name string, env []string) (string, error) {
	dirs := []string{""}
	if !strings.Contains(name, "/") {
		dirs = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}
		for _, v := range env {
			if list, ok := strings.CutPrefix(v, "PATH="); ok {
				dirs = filepath.SplitList(list)
			}
		}
	}
	for _, dir := range dirs {
		path := i.inside(filepath.Join("/", dir, name))
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("exec: %q: executable file not found in the image", name)
}

// stopContainers stops all containers of a task at a time: SIGTERM, and SIGKILL when the stop timeout is over.
func (e *Emulator) stopContainers(ctx context.Context, t *task) {
	var all sync.WaitGroup
	for _, c := range t.containers {
		if c.process == nil {
			continue
		}
		c.stopChecks()
		grace := DefaultStopTimeout
		if c.definition.StopTimeout != nil {
			grace = time.Duration(*c.definition.StopTimeout) * time.Second
		}
		all.Go(func() { c.process.Stop(context.WithoutCancel(ctx), grace) })
	}
	all.Wait()
	e.set(t, func() {
		t.ExecutionStoppedAt = now()
		for _, c := range t.containers {
			c.LastStatus = taskStopped
			if c.process != nil {
				code := exitCode(c.process.Err())
				c.ExitCode = &code
			}
		}
	})
}

// signalled is what an exit code is above the signal that ended a process.
const signalled = 128

// exitCode is how a process ended, as a container runtime tells.
func exitCode(err error) int {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return signalled + int(status.Signal())
	}
	return exit.ExitCode()
}
