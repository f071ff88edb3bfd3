//go:build mage

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spillway/spillway/pkg/stack"
)

// local is a stack on this machine: processes, or containers.
type local interface {
	Up(ctx context.Context) (stack.Endpoints, error)
	Down(ctx context.Context) error
	Status(ctx context.Context) error
	Logs(ctx context.Context, o stack.LogOptions) error
	Demo(ctx context.Context, limit time.Duration) error
}

// What a target is about to do with a stack.
const (
	starting = true  // one may be started, of whichever kind can be
	running  = false // only what runs is of interest
)

// withStack runs f for the stack of this checkout. Mage turns Ctrl-C into the end of ctx; SIGTERM is to do the same.
func withStack(ctx context.Context, start bool, f func(context.Context, local) error) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	s, err := chooseStack(ctx, start)
	if err != nil {
		return err
	}
	return f(ctx, s)
}

// chooseStack returns the stack that STACK names; if it names none, the one that runs, else the one that can be started.
func chooseStack(ctx context.Context, start bool) (local, error) {
	ports, err := stack.PortsFrom(os.Getenv)
	options := stack.Options{Root: ".", Ports: ports, Template: os.Getenv("SPILLWAY_TEMPLATE"), Redis: os.Getenv("SPILLWAY_REDIS"), Out: os.Stdout}
	s, errStack := stack.New(options)
	if err := errors.Join(err, errStack); err != nil {
		return nil, err
	}
	containers := func() (*stack.Containers, error) {
		return stack.NewContainers(ctx, options, stack.ContainerOptions{
			Project: os.Getenv("COMPOSE_PROJECT_NAME"), AWSImage: os.Getenv("AWS_IMAGE"), RedisImage: os.Getenv("REDIS_IMAGE"),
			DockerSocket: os.Getenv("DOCKER_SOCKET"),
		})
	}
	kind := os.Getenv("STACK")
	if kind == "" {
		kind = s.Kind()
	}
	switch {
	case kind == stack.KindSandbox, kind == "" && !start:
		return s, nil
	case kind == stack.KindCompose:
		return containers()
	case kind != "":
		return nil, fmt.Errorf("STACK is %q: want %s or %s", kind, stack.KindSandbox, stack.KindCompose)
	}
	c, err := containers()
	if err == nil {
		err = c.Obtain(ctx)
	}
	if err != nil {
		fmt.Printf("STACK=%s, without containers: %v.\n", stack.KindSandbox, err)
		return s, nil
	}
	fmt.Printf("STACK=%s: a Docker engine answers and has the images.\n", stack.KindCompose)
	return c, nil
}
