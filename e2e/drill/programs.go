package main

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

// programs are the paths of the programs that drills start.
type programs struct{ gateway, spillway string }

// buildPrograms builds into dir. With race, data races are detected in them.
func buildPrograms(ctx context.Context, dir string, race bool) (programs, error) {
	root, err := goTool(ctx, "", "list", "-m", "-f", "{{.Dir}}", module)
	if err != nil {
		return programs{}, err
	}
	args := []string{"build", "-o", dir + string(filepath.Separator)}
	if race {
		args = append(args, "-race")
	}
	if _, err := goTool(ctx, strings.TrimSpace(root), append(args, "./cmd/gateway", "./cmd/spillway")...); err != nil {
		return programs{}, err
	}
	return programs{filepath.Join(dir, "gateway"), filepath.Join(dir, "spillway")}, nil
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
