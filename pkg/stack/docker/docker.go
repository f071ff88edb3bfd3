// Package docker is the door to Docker: the engine through the docker command, and stacks of containers through Compose.
//
// [Find] returns an [Engine], or says in one line why there is none that answers. [Compose] runs Compose for one project.
//
// Both run programs and link no client in: the client's modules outnumber the product's by ten. An Engine and a
// Compose do not change and may be used concurrently.
package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/spillway/spillway/pkg/stack/command"
)

const (
	// findTimeout is more than an engine takes to say who it is; one that hangs is none.
	findTimeout = 10 * time.Second
	// pullTimeout bounds the way of one image through a slow line; LocalStack has more than a gigabyte.
	pullTimeout = 20 * time.Minute
)

// Engine is a Docker engine that answers.
type Engine struct {
	// Version is the engine's, Arch what it runs, in Go's words.
	Version, Arch string
	// Rootless says that the engine's root is the user who runs it.
	Rootless bool
}

// Find asks the engine that the docker command is set up for. The error fits into one line.
func Find(ctx context.Context) (*Engine, error) {
	if _, err := exec.LookPath("docker"); err != nil {
		return nil, errors.New("the docker command is not installed")
	}
	ctx, cancel := context.WithTimeout(ctx, findTimeout)
	defer cancel()
	text, err := output(ctx, "version", "--format", "{{.Server.Version}} {{.Server.Os}} {{.Server.Arch}}")
	if err != nil {
		return nil, fmt.Errorf("no Docker engine answers: %w", err)
	}
	words := strings.Fields(text)
	if len(words) != 3 || words[1] != "linux" {
		return nil, fmt.Errorf("the Docker engine is %q, and none for Linux containers", text)
	}
	security, err := output(ctx, "info", "--format", "{{.SecurityOptions}}")
	if err != nil {
		return nil, fmt.Errorf("the Docker engine does not tell of itself: %w", err)
	}
	return &Engine{Version: words[0], Arch: words[2], Rootless: strings.Contains(security, "name=rootless")}, nil
}

// Has says whether the engine has an image.
func (e *Engine) Has(ctx context.Context, image string) bool {
	_, err := output(ctx, "image", "inspect", "--format", "{{.Id}}", image)
	return err == nil
}

// Size is how many bytes an image takes.
func (e *Engine) Size(ctx context.Context, image string) (int64, error) {
	text, err := output(ctx, "image", "inspect", "--format", "{{.Size}}", image)
	if err != nil {
		return 0, fmt.Errorf("size of %s: %w", image, err)
	}
	var size int64
	if _, err := fmt.Sscan(text, &size); err != nil {
		return 0, fmt.Errorf("size of %s: %q: %w", image, text, err)
	}
	return size, nil
}

// Pull gets an image from its registry; out is told how it goes on.
func (e *Engine) Pull(ctx context.Context, image string, out io.Writer) error {
	ctx, cancel := context.WithTimeoutCause(ctx, pullTimeout, fmt.Errorf("it took longer than %s", pullTimeout))
	defer cancel()
	return run(ctx, nil, out, "pull", image)
}

// Load takes images from what write writes, in the form of "docker save".
func (e *Engine) Load(ctx context.Context, write func(io.Writer) error) error {
	r, w := io.Pipe()
	written := make(chan error, 1)
	go func() {
		err := write(w)
		written <- err
		_ = w.CloseWithError(err)
	}()
	err := run(ctx, r, nil, "load", "--quiet")
	_ = r.Close() // a writer that is not read any more must end, too
	if errWrite := <-written; err == nil {
		err = errWrite
	}
	return err
}

// Build makes an image from the Dockerfile in a directory, which must need no other image.
func (e *Engine) Build(ctx context.Context, dir, tag string) error {
	return run(ctx, nil, nil, "build", "--quiet", "--network", "none", "--tag", tag, dir)
}

// output is what docker prints.
func output(ctx context.Context, args ...string) (string, error) {
	var out bytes.Buffer
	err := run(ctx, nil, &out, args...)
	return strings.TrimSpace(out.String()), err
}

// run runs docker. An error has the last line of what it has to say.
func run(ctx context.Context, in io.Reader, out io.Writer, args ...string) error {
	var said bytes.Buffer
	err := command.Command{Path: "docker", Args: args, Stdin: in, Stdout: out, Stderr: &said}.Run(ctx)
	if text := lastLine(said.String()); err != nil && ctx.Err() == nil && text != "" {
		return fmt.Errorf("docker %s: %s", args[0], text)
	}
	return err
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}
