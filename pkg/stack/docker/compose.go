package docker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/spillway/spillway/pkg/stack/command"
)

// composeModule is what FindCompose builds where Compose is not installed, in a module that requires it.
const composeModule = "github.com/docker/compose/v5/cmd"

// FindCompose returns the command line that Compose begins with: the plugin of the docker command, a docker-compose of version
// 2 or later, or the one at path, which is built in the Go module at dir if it is not there.
func FindCompose(ctx context.Context, dir, path string, out io.Writer) ([]string, error) {
	if _, err := output(ctx, "compose", "version", "--short"); err == nil {
		return []string{"docker", "compose"}, nil
	}
	if found, err := exec.LookPath("docker-compose"); err == nil {
		var version bytes.Buffer
		err := command.Command{Path: found, Args: []string{"version", "--short"}, Stdout: &version}.Run(ctx)
		if err == nil && !strings.HasPrefix(version.String(), "1.") {
			return []string{found}, nil
		}
	}
	if _, err := os.Stat(path); err == nil {
		return []string{path}, nil
	}
	fmt.Fprintln(out, "Compose is not installed: building it, which takes some minutes once ...")
	err := command.Command{Path: "go", Args: []string{"build", "-ldflags", "-s -w", "-o", path, composeModule}, Dir: dir, Stdout: out, Stderr: out}.Run(ctx)
	if err != nil {
		return nil, fmt.Errorf("build Compose: %w", err)
	}
	return []string{path}, nil
}

// Compose runs Compose for one project.
type Compose struct {
	// Command is what FindCompose returns.
	Command []string
	// File is the path of compose.yaml, EnvFile of the variables in it; among them is COMPOSE_PROJECT_NAME, the name of what runs.
	File, EnvFile string
	// Env is the environment of Compose. Its variables win over those of EnvFile.
	Env []string
}

// Container is one of a project, as it is now.
type Container struct {
	Name, Service string
	// State is created, running, paused, restarting, exited or dead; Health healthy, unhealthy, starting or empty.
	State, Health string
	// Status is both in words, with a time.
	Status   string
	ExitCode int
	// Publishers are its ports.
	Publishers []Publisher
}

// Publisher is a port of a container, and where the machine has it.
type Publisher struct {
	URL           string
	PublishedPort int
	TargetPort    int
}

// Well says that a container runs and is healthy, as far as it is asked.
func (c Container) Well() bool {
	return c.State == "running" && (c.Health == "" || c.Health == "healthy")
}

// Done says that a container has ended without an error.
func (c Container) Done() bool { return c.State == "exited" && c.ExitCode == 0 }

// Containers are those of the project, running or not.
func (c Compose) Containers(ctx context.Context) ([]Container, error) {
	var out bytes.Buffer
	if err := c.Run(ctx, &out, "ps", "--all", "--format", "json"); err != nil {
		return nil, err
	}
	return parseContainers(out.Bytes())
}

// parseContainers reads what "ps --format json" prints: an object after the other, or, before version 2.21, a list of them.
func parseContainers(text []byte) ([]Container, error) {
	var all []Container
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) {
		err := json.Unmarshal(text, &all)
		return all, err
	}
	for dec := json.NewDecoder(bytes.NewReader(text)); ; {
		var one Container
		err := dec.Decode(&one)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("what Compose tells of containers: %w", err)
		}
		all = append(all, one)
	}
}

// Run runs one of Compose's commands. An error has the last line of what it has to say.
func (c Compose) Run(ctx context.Context, out io.Writer, args ...string) error {
	var said bytes.Buffer
	err := c.command(args, out, &said).Run(ctx)
	if text := lastLine(said.String()); err != nil && ctx.Err() == nil && text != "" {
		return fmt.Errorf("compose %s: %s", args[0], text)
	}
	return err
}

// Copy runs one of Compose's commands whose output is for people.
func (c Compose) Copy(ctx context.Context, out io.Writer, args ...string) error {
	return c.command(args, out, out).Run(ctx)
}

func (c Compose) command(args []string, out, errOut io.Writer) command.Command {
	all := slices.Concat(c.Command[1:], []string{"--file", c.File, "--env-file", c.EnvFile, "--progress", "plain"}, args)
	return command.Command{Path: c.Command[0], Args: all, Env: c.Env, Stdout: out, Stderr: errOut}
}

// Memory is what the containers use, in words, by their names.
func (e *Engine) Memory(ctx context.Context, names ...string) (map[string]string, error) {
	text, err := output(ctx, append([]string{"stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}"}, names...)...)
	if err != nil {
		return nil, err
	}
	used := map[string]string{}
	for line := range strings.Lines(text) {
		name, usage, _ := strings.Cut(strings.TrimSpace(line), " ")
		usage, _, _ = strings.Cut(usage, " / ")
		used[name] = usage
	}
	return used, nil
}
