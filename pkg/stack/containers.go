package stack

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spillway/spillway/pkg/deploy/image"
	"github.com/spillway/spillway/pkg/stack/docker"
	"github.com/spillway/spillway/pkg/stack/images"
)

const (
	composeFile = "compose.yaml" // in the checkout
	// composeEnvFile has the variables of compose.yaml; it is there for as long as a stack in containers may run.
	composeEnvFile = "compose.env"
	// defaultProject is what Compose calls the stack.
	defaultProject = "spillway"

	// The images of compose.yaml that are not ours.
	defaultAWSImage   = "localstack/localstack:4.14.0"
	defaultRedisImage = "valkey/valkey:8.0.1-alpine3.20"
)

// ContainerOptions say what a stack in containers is like, beside [Options].
type ContainerOptions struct {
	// Project is its name in Docker; spillway if empty. Stacks that run side by side need one each.
	Project string
	// AWSImage and RedisImage are the images of the cloud and of Redis. If empty: LocalStack and Valkey where the engine has
	// them, else ours where they were made, else LocalStack and Valkey, which are pulled.
	AWSImage, RedisImage string
	// DockerSocket is what LocalStack starts the containers of functions by; /var/run/docker.sock if empty.
	DockerSocket string
}

// Containers is a stack in containers, of compose.yaml. Make one with [NewContainers].
type Containers struct {
	s      *Stack
	o      ContainerOptions
	engine *docker.Engine
}

// NewContainers returns the stack in containers of the directory that o names, whether it runs or not. Of o, Gateway,
// Parameters, Redis and Customers are for the sandbox only. The error says in one line why there is no engine.
func NewContainers(ctx context.Context, o Options, c ContainerOptions) (*Containers, error) {
	o.Template = TemplateData // which compose.yaml is made for
	s, err := New(o)
	if err != nil {
		return nil, err
	}
	engine, err := docker.Find(ctx)
	if err != nil {
		return nil, err
	}
	if c.Project == "" {
		c.Project = defaultProject
	}
	if c.DockerSocket == "" {
		c.DockerSocket = "/var/run/docker.sock"
	}
	return &Containers{s: s, o: c, engine: engine}, nil
}

// pick says which images the containers of the cloud and of Redis are made from.
func (c *Containers) pick(ctx context.Context) (aws, redis string) {
	choose := func(told, standard, ours string) string {
		switch {
		case told != "":
			return told
		case !c.engine.Has(ctx, standard) && c.engine.Has(ctx, ours):
			return ours
		}
		return standard
	}
	return choose(c.o.AWSImage, defaultAWSImage, images.Sandbox), choose(c.o.RedisImage, defaultRedisImage, images.Redis)
}

// Obtain pulls what images are missing that are not ours. The error names the first that cannot be had.
func (c *Containers) Obtain(ctx context.Context) error {
	aws, redis := c.pick(ctx)
	for _, name := range []string{aws, redis} {
		if strings.HasPrefix(name, "spillway/") || c.engine.Has(ctx, name) {
			continue // ours are built by up, but for Redis's, which nobody can pull either
		}
		c.s.say("Pulling %s ...", name)
		if err := c.engine.Pull(ctx, name, c.s.o.Out); err != nil {
			return fmt.Errorf("the image %s is not here and cannot be pulled: %w", name, err)
		}
	}
	return nil
}

// compose returns Compose for the project.
func (c *Containers) compose(ctx context.Context) (docker.Compose, error) {
	// Only e2e requires the modules of Compose.
	cmd, err := docker.FindCompose(ctx, filepath.Join(c.s.o.Root, "e2e"), c.s.path(binDir, "docker-compose"), c.s.o.Out)
	if err != nil {
		return docker.Compose{}, err
	}
	return docker.Compose{
		Command: cmd, File: filepath.Join(c.s.o.Root, composeFile), EnvFile: c.s.path(composeEnvFile),
		Env: slices.DeleteFunc(foreign(os.Environ()), isVariable),
	}, nil
}

// isVariable says whether compose.yaml or Compose reads a variable of the environment: what runs is told by the file alone.
func isVariable(v string) bool {
	for _, prefix := range []string{"COMPOSE_", "REDIS_IMAGE=", "DOCKER_SOCKET=", "LOG_LEVEL="} {
		if strings.HasPrefix(v, prefix) {
			return true
		}
	}
	return false
}

// The kinds of a local stack.
const (
	KindSandbox = "sandbox" // processes
	KindCompose = "compose" // containers
)

// Kind is the kind of what runs in the stack's directory, or has not been ended there; empty if nothing does.
func (s *Stack) Kind() string {
	if s.mayRunInContainers() {
		return KindCompose
	}
	if _, alive, err := s.running(); alive || err != nil {
		return KindSandbox
	}
	return ""
}

// mayRunInContainers says that containers of this stack may be there.
func (s *Stack) mayRunInContainers() bool {
	_, err := os.Stat(s.path(composeEnvFile))
	return err == nil
}

// writeVariables writes the variables of compose.yaml.
func (c *Containers) writeVariables(ctx context.Context, p Ports) error {
	aws, redis := c.pick(ctx)
	cursorKey, err := c.s.cursorKey()
	if err != nil {
		return err
	}
	variables := map[string]string{
		"COMPOSE_PROJECT_NAME": c.o.Project,
		"AWS_IMAGE":            aws, "REDIS_IMAGE": redis, "DOCKER_SOCKET": c.o.DockerSocket, "LOG_LEVEL": c.s.o.LogLevel,
		"SPILLWAY_FILES": c.s.o.Dir, "SPILLWAY_HOST_DIR": c.s.o.Dir, "SPILLWAY_CURSOR_KEY": cursorKey, "SPILLWAY_USER": c.user(),
	}
	if aws == images.Sandbox {
		variables["DOCKER_SOCKET"], variables["AWS_READ_ONLY"] = "/dev/null", "true"
	}
	for _, port := range p.all() {
		variables[port.variable] = strconv.Itoa(*port.number)
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		fmt.Fprintf(&text, "%s='%s'\n", name, variables[name])
	}
	return writeSecret(c.s.path(composeEnvFile), []byte(text.String()))
}

// user is who our containers run as: who owns the stack's directory, because they share it. Where the engine is without root,
// its root is that user; where root is that user, it is nobody instead, whom the directory is then given to.
func (c *Containers) user() string {
	switch uid := os.Getuid(); {
	case c.engine.Rootless:
		return "0:0"
	case uid == 0:
		return fmt.Sprintf("%d:%d", image.User, image.User)
	default:
		return fmt.Sprintf("%d:%d", uid, os.Getgid())
	}
}

// share gives the stack's directory, and what in it the containers read and write, to their user.
func (c *Containers) share() error {
	if c.engine.Rootless || os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"", tlsDir, customersDir} {
		entries, err := os.ReadDir(c.s.path(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.Chown(c.s.path(name), image.User, image.User)
		}
		for _, entry := range entries {
			if err == nil && entry.Type().IsRegular() {
				err = os.Chown(c.s.path(name, entry.Name()), image.User, image.User)
			}
		}
		if err != nil {
			return fmt.Errorf("share %s with the containers: %w", c.s.path(name), err)
		}
	}
	return nil
}
