package stack

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spillway/spillway/pkg/stack/command"
	"github.com/spillway/spillway/pkg/stack/docker"
)

// Status tells Out what runs: a table of containers with their memory, and the endpoints. It is no error if nothing runs, but
// it is if something runs that cannot be used.
func (c *Containers) Status(ctx context.Context) error {
	if !c.s.mayRunInContainers() {
		c.s.say("Spillway is not running in containers.")
		return nil
	}
	compose, err := c.compose(ctx)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	containers, err := compose.Containers(ctx)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	c.table(ctx, containers)
	r, err := c.s.record()
	if err != nil {
		return fmt.Errorf("status: an up has not completed: %w", err)
	}
	c.s.say("")
	c.s.summary(r, c.redis(containers), false)
	if err := unwell(containers); err != nil {
		return fmt.Errorf("status: %w", err)
	}
	return nil
}

// table prints a line for each container.
func (c *Containers) table(ctx context.Context, containers []docker.Container) {
	var running []string
	for _, one := range containers {
		if one.State == "running" {
			running = append(running, one.Name)
		}
	}
	var used map[string]string
	if running != nil {
		used, _ = c.engine.Memory(ctx, running...) // who is not known to use any is shown without
	}
	w := tabwriter.NewWriter(c.s.o.Out, 0, 0, 2, ' ', 0)
	// What is printed into nowhere needs no error.
	_, _ = fmt.Fprintln(w, "  CONTAINER\tSTATUS\tADDRESS\tMEMORY")
	for _, one := range containers {
		var at []string
		for _, p := range one.Publishers {
			if p.PublishedPort > 0 {
				at = append(at, fmt.Sprintf("%s:%d", p.URL, p.PublishedPort))
			}
		}
		_, _ = fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", one.Name, one.Status, cmp.Or(strings.Join(at, " "), "-"), cmp.Or(used[one.Name], "-"))
	}
	_ = w.Flush()
}

// Logs copies the logs of the containers to Out, line by line, each with the name of who wrote it. A context that ends is no
// error.
func (c *Containers) Logs(ctx context.Context, o LogOptions) error {
	if !c.s.mayRunInContainers() {
		c.s.say("Spillway is not running in containers, and its containers' logs have gone with them.")
		return nil
	}
	compose, err := c.compose(ctx)
	if err != nil {
		return fmt.Errorf("logs: %w", err)
	}
	args := []string{"logs", "--no-color", "--tail", fmt.Sprint(o.Lines)}
	if o.Follow {
		args = append(args, "--follow")
	}
	if err := compose.Copy(ctx, c.s.o.Out, args...); err != nil && ctx.Err() == nil {
		return fmt.Errorf("logs: %w", err)
	}
	return nil
}

// Demo does what [Stack.Demo] does, with the stack in containers.
func (c *Containers) Demo(ctx context.Context, limit time.Duration) error {
	build := command.Command{Path: "go", Args: []string{"build", "-trimpath", "-o", c.s.binary("spillway"), "./cmd/spillway"}, Dir: c.s.o.Root, Stdout: c.s.o.Out, Stderr: c.s.o.Out}
	if err := build.Run(ctx); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return c.s.demo(ctx, c, c.s.mayRunInContainers(), limit)
}
