package ground

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// module is the product's.
const module = "github.com/spillway/spillway"

// Programs are the paths of the programs that may be started.
type Programs struct{ Gateway, Spillway string }

// BuildPrograms builds them into dir. With race, data races are detected in them.
func BuildPrograms(ctx context.Context, dir string, race bool) (Programs, error) {
	root, err := Root(ctx)
	if err != nil {
		return Programs{}, err
	}
	args := []string{"build", "-o", dir + string(filepath.Separator)}
	if race {
		args = append(args, "-race")
	}
	if _, err := goTool(ctx, root, append(args, "./cmd/gateway", "./cmd/spillway")...); err != nil {
		return Programs{}, err
	}
	return Programs{filepath.Join(dir, "gateway"), filepath.Join(dir, "spillway")}, nil
}

// Root is the directory of the product's module.
func Root(ctx context.Context) (string, error) {
	out, err := goTool(ctx, "", "list", "-m", "-f", "{{.Dir}}", module)
	return strings.TrimSpace(out), err
}

// goTool runs go and returns what it prints.
func goTool(ctx context.Context, dir string, args ...string) (string, error) {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Stderr, cmd.Env = dir, &said, os.Environ()
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", args[0], err, said.String())
	}
	return string(out), nil
}
