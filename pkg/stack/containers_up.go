package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spillway/spillway/pkg/stack/docker"
	"github.com/spillway/spillway/pkg/stack/images"
)

// containersTimeout bounds the start of the containers; LocalStack on a slow machine takes half of it.
const containersTimeout = 3 * time.Minute

// Up starts the stack unless it runs, and returns how to reach it once every container is healthy and the data path deployed.
// An Up that fails, or whose context ends, leaves no container.
func (c *Containers) Up(ctx context.Context) (Endpoints, error) {
	e, err := c.up(ctx)
	if err != nil {
		return Endpoints{}, fmt.Errorf("up: %w", err)
	}
	return e, nil
}

func (c *Containers) up(ctx context.Context) (Endpoints, error) {
	release, err := c.s.exclusive(ctx)
	if err != nil {
		return Endpoints{}, err
	}
	defer release()
	if pid, alive, err := c.s.running(); err != nil || alive {
		return Endpoints{}, errors.Join(err, fmt.Errorf("the sandbox runs here without containers (pid %d): end it with down", pid))
	}
	compose, err := c.compose(ctx)
	if err != nil {
		return Endpoints{}, err
	}
	if c.s.mayRunInContainers() {
		r, err := c.s.record()
		if err == nil {
			return r.Endpoints, c.alreadyUp(ctx, compose, r)
		}
		c.s.say("A stack that never became ready runs here (%v): ending it.", err)
		if err := c.remove(ctx, compose); err != nil {
			return Endpoints{}, err
		}
	}
	c.s.removeRuntimeFiles()
	ports, err := c.s.o.Ports.settle(ctx)
	if err != nil {
		return Endpoints{}, err
	}
	return c.bringUp(ctx, compose, ports)
}

// alreadyUp tells that the stack runs. It is an error if it does not run well.
func (c *Containers) alreadyUp(ctx context.Context, compose docker.Compose, r record) error {
	containers, err := compose.Containers(ctx)
	if err != nil {
		return err
	}
	if err := unwell(containers); err != nil {
		return fmt.Errorf("the stack runs, but %w; see status and logs, or end it with down", err)
	}
	c.s.say("Spillway is up already, in containers, since %s. To run what was built since: down, then up.\n", r.Started.Local().Format(time.TimeOnly))
	c.s.summary(r, c.redis(containers), true)
	return nil
}

// unwell names the containers that do not do what they should, and tells that there are none at all.
func unwell(containers []docker.Container) error {
	if len(containers) == 0 {
		return errors.New("there are no containers")
	}
	var names []string
	for _, one := range containers {
		if !good(one) {
			names = append(names, fmt.Sprintf("%s is %s", one.Service, strings.TrimSpace(one.State+" "+one.Health)))
		}
	}
	if names != nil {
		return errors.New(strings.Join(names, ", "))
	}
	return nil
}

// good says that a container does what it should.
func good(c docker.Container) bool {
	// These two do their work once.
	return c.Well() || c.Done() && (c.Service == "prepare" || c.Service == "deploy")
}

// redis is what the summary calls Redis.
func (c *Containers) redis(containers []docker.Container) string {
	for _, one := range containers {
		if one.Service == "redis" {
			return "container " + one.Name
		}
	}
	return "no container"
}

// bringUp builds, starts and deploys.
func (c *Containers) bringUp(ctx context.Context, compose docker.Compose, ports Ports) (Endpoints, error) {
	begin := time.Now()
	if err := c.Obtain(ctx); err != nil {
		return Endpoints{}, fmt.Errorf("%w; without a registry: go tool mage images:offline", err)
	}
	c.s.say("Building the images (the first time takes a minute) ...")
	if err := c.build(ctx); err != nil {
		return Endpoints{}, err
	}
	built := time.Since(begin)
	for _, dir := range []string{stateDir, logDir} {
		if err := errors.Join(os.RemoveAll(c.s.path(dir)), os.MkdirAll(c.s.path(dir), 0o755)); err != nil {
			return Endpoints{}, err
		}
	}
	if err := errors.Join(c.writeVariables(ctx, ports), c.share()); err != nil {
		return Endpoints{}, err
	}
	begin = time.Now()
	r, err := c.complete(ctx, compose, built)
	if err != nil {
		if ctx.Err() == nil {
			err = c.startFailure(ctx, compose, err)
		}
		c.s.say("Ending what was started ...")
		return Endpoints{}, errors.Join(err, c.remove(context.WithoutCancel(ctx), compose))
	}
	c.s.say("Spillway is up in containers, %.2f s after its start.\n", time.Since(begin).Seconds())
	c.s.summary(r.record, r.redis, true)
	return r.Endpoints, nil
}

// build makes our images and gives them to the engine.
func (c *Containers) build(ctx context.Context) error {
	made, err := images.Build(ctx, images.Options{
		Root: c.s.o.Root, Dir: filepath.Join(c.s.o.Root, defaultDir, "images"), Arches: []string{c.engine.Arch}, Out: c.s.o.Out,
	})
	if err != nil {
		return err
	}
	return images.Load(ctx, c.engine, made)
}

// complete starts the containers, waits until they are healthy, and deploys.
func (c *Containers) complete(ctx context.Context, compose docker.Compose, built time.Duration) (completed, error) {
	begin := time.Now()
	c.s.say("Starting the containers ...")
	limit := fmt.Sprint(int(containersTimeout.Seconds()))
	if err := compose.Run(ctx, nil, "up", "--detach", "--wait", "--wait-timeout", limit, "aws", "redis", "mockcognito", "gateway", "balancer"); err != nil {
		return completed{}, err
	}
	started := time.Since(begin)
	c.s.say("Deploying the data path ...")
	history, err := os.Create(c.s.path(logDir, deployLog))
	if err != nil {
		return completed{}, err
	}
	err = compose.Copy(ctx, history, "up", "--no-deps", "--no-log-prefix", "--exit-code-from", "deploy", "deploy")
	if err = errors.Join(err, history.Close()); err != nil {
		return completed{}, fmt.Errorf("%w%s", err, c.s.quoteLog(c.s.path(logDir, deployLog)))
	}
	r, err := c.s.record()
	if err != nil {
		return completed{}, err
	}
	containers, err := compose.Containers(ctx)
	if err != nil {
		return completed{}, err
	}
	if err := unwell(containers); err != nil {
		return completed{}, err
	}
	c.s.say("Built in %.2f s, started in %.2f s, deployed in %.2f s.", built.Seconds(), started.Seconds(), (time.Since(begin) - started).Seconds())
	return completed{r, c.redis(containers)}, nil
}

// startFailure adds to err the ends of the logs of who is not well.
func (c *Containers) startFailure(ctx context.Context, compose docker.Compose, err error) error {
	containers, failed := compose.Containers(ctx)
	if failed != nil {
		return err
	}
	for _, one := range containers {
		if good(one) || one.State == "created" {
			continue
		}
		var text strings.Builder
		_ = compose.Copy(ctx, &text, "logs", "--no-color", "--tail", fmt.Sprint(failureLines), one.Service) // what cannot be read is not shown
		err = fmt.Errorf("%w\n%s is %s; its log ends with:\n%s", err, one.Service, strings.TrimSpace(one.State+" "+one.Health), text.String())
	}
	return err
}
