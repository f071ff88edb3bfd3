package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/spillway/spillway/pkg/sandbox/ecr"
	"github.com/spillway/spillway/pkg/sandbox/ecs"
)

// registryImages are the images of the sandbox's own registry, each unpacked once, below a directory.
type registryImages struct {
	registry *ecr.Service
	dir      string

	mu     sync.Mutex             // guards opened
	opened map[string]*sync.Mutex // by directory, held while it is unpacked
}

// Open implements ecs.ImageSource.
func (r *registryImages) Open(ctx context.Context, reference string) (ecs.Image, error) {
	found, err := r.registry.Image(reference, runtime.GOARCH)
	var missing *ecr.Error
	switch {
	case errors.As(err, &missing):
		return ecs.Image{}, fmt.Errorf("%w: %w", ecs.ErrNoImage, err)
	case err != nil:
		return ecs.Image{}, err
	}
	root := filepath.Join(r.dir, strings.ReplaceAll(found.Digest, ":", "-"))
	if err := r.unpack(ctx, found, root); err != nil {
		return ecs.Image{}, fmt.Errorf("image %s: %w", reference, err)
	}
	c := found.Config
	return ecs.Image{Root: root, Digest: found.Digest, Entrypoint: c.Entrypoint, Command: c.Cmd, Env: c.Env, WorkingDir: c.WorkingDir}, nil
}

// unpack unpacks an image unless it has been. It gets its name when it is whole.
func (r *registryImages) unpack(ctx context.Context, i ecr.Image, root string) error {
	r.mu.Lock()
	one := r.opened[root]
	if one == nil {
		one = new(sync.Mutex)
		r.opened[root] = one
	}
	r.mu.Unlock()
	one.Lock()
	defer one.Unlock()
	if _, err := os.Stat(root); err == nil {
		return nil
	}
	part := root + ".part"
	if err := errors.Join(os.RemoveAll(part), os.MkdirAll(part, 0o700)); err != nil {
		return err
	}
	if err := i.Unpack(ctx, part); err != nil {
		return err
	}
	return os.Rename(part, root)
}
