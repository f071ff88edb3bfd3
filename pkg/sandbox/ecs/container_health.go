package ecs

import (
	"context"
	"errors"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/process"
)

// The defaults of a container's health check.
const (
	defaultInterval = 30
	defaultTimeout  = 5
	defaultRetries  = 3
)

func orDefault(value *int, otherwise int) int {
	if value == nil {
		return otherwise
	}
	return *value
}

// checkContainer runs the health check of a container again and again, until ctx ends. The interval is scaled; start period
// and timeout are the program's own time.
func (e *Emulator) checkContainer(ctx context.Context, t *task, c *container, env []string) {
	h := c.definition.HealthCheck
	interval := e.scaled(time.Duration(orDefault(h.Interval, defaultInterval)) * time.Second)
	timeout := time.Duration(orDefault(h.Timeout, defaultTimeout)) * time.Second
	counted := time.Now().Add(time.Duration(orDefault(h.StartPeriod, 0)) * time.Second)
	failures := 0
	for {
		timer := time.NewTimer(interval)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		err := e.execute(ctx, c, env, timeout)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			failures = 0
			e.setHealth(t, c, healthHealthy)
		case time.Now().After(counted):
			if failures++; failures >= orDefault(h.Retries, defaultRetries) {
				e.cfg.Logger.Warn("container is unhealthy", "task", t.id(), "container", c.Name, "error", err)
				e.setHealth(t, c, healthUnhealthy)
			}
		}
	}
}

func (e *Emulator) setHealth(t *task, c *container, health string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c.HealthStatus != health {
		c.HealthStatus = health
		e.tellRegistries(t)
		e.wake(t)
	}
}

// execute runs the command of a container's health check.
func (e *Emulator) execute(ctx context.Context, c *container, env []string, timeout time.Duration) error {
	args := c.definition.HealthCheck.Command[1:]
	if c.definition.HealthCheck.Command[0] == "CMD-SHELL" {
		args = []string{"/bin/sh", "-c", args[0]}
	}
	path, err := c.image.find(args[0], env)
	if err != nil {
		return err
	}
	p, err := e.launcher.Start(process.Command{Path: path, Args: args[1:], Env: env, Dir: c.image.inside(c.definition.WorkingDirectory)})
	if err != nil {
		return err
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-p.Exited():
		return p.Err()
	case <-timer.C:
		err = errors.New("the health check took too long")
	case <-ctx.Done():
		err = ctx.Err()
	}
	p.Kill()
	<-p.Exited()
	return err
}
