package images

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/spillway/spillway/pkg/stack/command"
	"github.com/spillway/spillway/pkg/stack/docker"
)

// redisDockerfile makes the image from a root with redis-server, redis-cli and their libraries. Owner and directory of the
// data are those of the official images, so that one takes the other's place.
const redisDockerfile = `FROM scratch
COPY root/ /
COPY --chown=999:1000 data/ /data/
USER 999:1000
WORKDIR /data
EXPOSE 6379
CMD ["redis-server"]
`

// BuildRedis makes the image [Redis] from the redis-server and redis-cli that are installed.
func BuildRedis(ctx context.Context, e *docker.Engine) error {
	dir, err := os.MkdirTemp("", "spillway-redis-")
	if err != nil {
		return fmt.Errorf("image of Redis: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	err = os.Mkdir(filepath.Join(dir, "data"), 0o755)
	for _, name := range []string{"redis-server", "redis-cli"} {
		if err == nil {
			err = copyProgram(ctx, filepath.Join(dir, "root"), name)
		}
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(redisDockerfile), 0o644)
	}
	if err == nil {
		err = e.Build(ctx, dir, Redis)
	}
	if err != nil {
		return fmt.Errorf("image of Redis: %w", err)
	}
	return nil
}

// copyProgram copies an installed program and the libraries that it needs into a root.
func copyProgram(ctx context.Context, root, name string) error {
	path, err := exec.LookPath(name)
	if err != nil {
		return fmt.Errorf("%s is not installed: install redis, or set REDIS_IMAGE to an image that the engine has", name)
	}
	libraries, err := librariesOf(ctx, path)
	if err != nil {
		return err
	}
	if err := copyFile(path, filepath.Join(root, "usr", "bin", name)); err != nil {
		return err
	}
	for _, library := range libraries {
		// What is a link becomes a file of the name that the loader looks for.
		if err := copyFile(library, filepath.Join(root, library)); err != nil {
			return err
		}
	}
	return nil
}

func librariesOf(ctx context.Context, path string) ([]string, error) {
	var out bytes.Buffer
	if err := (command.Command{Path: "ldd", Args: []string{path}, Stdout: &out}).Run(ctx); err != nil {
		return nil, fmt.Errorf("libraries of %s: %w", path, err)
	}
	return parseLibraries(out.String()), nil
}

// parseLibraries finds the absolute paths in the output of ldd: "NAME => PATH (ADDRESS)" or, for the loader, "PATH (ADDRESS)".
func parseLibraries(text string) []string {
	libraryPath := regexp.MustCompile(`(?m)(?:^|\s)(/\S+) \(0x[0-9a-f]+\)$`)
	var paths []string
	for _, match := range libraryPath.FindAllStringSubmatch(text, -1) {
		paths = append(paths, match[1])
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

func copyFile(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
