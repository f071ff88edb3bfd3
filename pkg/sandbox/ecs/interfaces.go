package ecs

import (
	"context"
	"errors"
)

// ErrNoImage is the error of an [ImageSource] that has no such image.
var ErrNoImage = errors.New("not found")

// ImageSource has the images of containers.
type ImageSource interface {
	// Open finds an image by its reference, as 000000000000.dkr.ecr.us-east-1.amazonaws.com/gateway@sha256:..., and has it
	// unpacked; the directory stays as long as the source. The error is ErrNoImage where there is none.
	Open(ctx context.Context, reference string) (Image, error)
}

// Image is an unpacked image: its files, and its configuration as OCI has it.
type Image struct {
	// Root is the directory with its files; "/" for an image that stands for a program that is installed.
	Root       string
	Digest     string // sha256:...
	Entrypoint []string
	Command    []string
	Env        []string // NAME=value
	WorkingDir string
	// Listen are arguments that a program needs to listen on the address of its task only, if it would otherwise listen on all;
	// "{address}" in them is that address. They come last.
	Listen []string
}

// Secrets has the values that a container's secrets name.
type Secrets interface {
	// SecretValue is the text of a secret of Secrets Manager by its ARN; stage and version may be empty.
	SecretValue(ctx context.Context, arn, stage, version string) (string, error)
	// Parameter is the value of a parameter of the SSM Parameter Store, by its name or ARN.
	Parameter(ctx context.Context, name string) (string, error)
}

// Logs takes what containers write.
type Logs interface {
	// CreateLogStream makes a stream of a group that exists.
	CreateLogStream(ctx context.Context, group, stream string) error
	// Append adds lines to a stream. It does not wait.
	Append(group, stream string, lines ...string) error
	// Ended tells that nothing will be added to a stream any more.
	Ended(group, stream string)
}

// Target is a task as a load balancer knows it.
type Target struct {
	Address string
	Port    int
	Zone    string
}

// LoadBalancers has the target groups of services.
type LoadBalancers interface {
	// Attached tells whether a listener forwards to a target group; ok is false where there is no such group.
	Attached(group string) (attached, ok bool)
	// Register adds a target.
	Register(ctx context.Context, group string, t Target) error
	// Deregister begins to drain a target. The channel is closed when it has been drained.
	Deregister(ctx context.Context, group string, t Target) (drained <-chan struct{}, err error)
	// Health is the state of a target, as healthy or unhealthy, and why it is so.
	Health(group string, t Target) (state, reason string)
	// Changed gives a channel that is closed when the health of a target changes the next time.
	Changed() <-chan struct{}
}

// Instance is a task as Cloud Map knows it.
type Instance struct {
	ID      string // of the task
	Address string
	// Ports are those of its containers, or the one that the service names.
	Ports []int
	// Healthy is false until the health checks of its containers, if it has any, say otherwise.
	Healthy bool
	Zone    string
	// The names of its cluster, service and family.
	Cluster, Service, Family string
}

// Registries has the services of Cloud Map that tasks are found by. SetHealth is called with a lock of the emulator: it must
// neither wait nor call back.
type Registries interface {
	// Exists tells whether there is a service of an ARN.
	Exists(registry string) bool
	// Register adds an instance.
	Register(ctx context.Context, registry string, i Instance) error
	// Deregister takes it away.
	Deregister(ctx context.Context, registry, instance string) error
	// SetHealth tells how an instance is. One that is not registered has no health.
	SetHealth(registry, instance string, healthy bool)
}
