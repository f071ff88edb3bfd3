package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/spillway/spillway/pkg/sandbox/ecs"
)

// installedImages are those of the sandbox's registry, and for a public image of Redis or Valkey the redis-server that is
// installed: nothing is pulled from the internet. It is of the version that is installed, and has no digest.
type installedImages struct{ own *registryImages }

// Open implements ecs.ImageSource.
func (i installedImages) Open(ctx context.Context, reference string) (ecs.Image, error) {
	name, _, _ := strings.Cut(path.Base(reference), "@")
	name, _, _ = strings.Cut(name, ":")
	if strings.Contains(reference, ".dkr.ecr.") || name != "redis" && name != "valkey" {
		return i.own.Open(ctx, reference)
	}
	program, err := exec.LookPath("redis-server")
	if err == nil {
		program, err = filepath.Abs(program)
	}
	if err != nil {
		return ecs.Image{}, fmt.Errorf("%w: %w", ecs.ErrNoImage, errors.New("redis-server stands for it here, and is not installed"))
	}
	err = os.MkdirAll(i.own.dir, 0o700)
	if err != nil {
		return ecs.Image{}, fmt.Errorf("directory of images: %w", err)
	}
	data, err := os.MkdirTemp(i.own.dir, name+"-") // the image's is /data, and empty in each new task
	if err != nil {
		return ecs.Image{}, fmt.Errorf("directory of an image: %w", err)
	}
	return ecs.Image{
		Root: "/", Command: []string{"redis-server"}, Env: []string{"PATH=" + filepath.Dir(program)}, WorkingDir: data,
		Listen: []string{"--bind", "{address}"},
	}, nil
}
