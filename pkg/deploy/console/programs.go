package console

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spillway/spillway/pkg/deploy/image"
)

// buildGrace is what a compiler gets to end once it is told to.
const buildGrace = 3 * time.Second

// programs are what is deployed.
type programs struct {
	bootstrap string // the consumer's path
	gateway   *image.Image
}

// prepare builds what the template needs, or takes what is built. The image is for both architectures, so that it has one digest
// wherever it is deployed to.
func (c *Console) programs(ctx context.Context, template string) (programs, error) {
	var p programs
	dir := c.settings.Binaries
	needsCode, needsImage := declares(template, "CodeKey"), declares(template, "ImageDigest")
	if dir == "" {
		dir = filepath.Join(c.root, ".spillway", "deploy")
		begin := time.Now()
		if err := c.build(ctx, dir, needsCode, needsImage); err != nil {
			return p, err
		}
		if needsCode || needsImage {
			fmt.Fprintf(c.err, "Built in %.1f s.\n", time.Since(begin).Seconds())
		}
	}
	if needsCode {
		p.bootstrap = filepath.Join(dir, goArch(c.settings.Architecture), "bootstrap")
	}
	if !needsImage {
		return p, nil
	}
	var err error
	p.gateway, err = image.New(gatewaySpec(dir))
	return p, err
}

// gatewaySpec is the gateway's image, of the builds that are there.
func gatewaySpec(dir string) image.Spec {
	var programs []string
	for _, arch := range []string{"amd64", "arm64"} {
		if path := filepath.Join(dir, arch, "gateway"); exists(path) {
			programs = append(programs, path)
		}
	}
	return image.Gateway(programs...)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// declares says whether a template has a parameter, which begins a line that is indented by two.
func declares(template, parameter string) bool {
	return strings.Contains(template, "\n  "+parameter+":\n")
}

func goArch(architecture string) string {
	if architecture == "x86_64" {
		return "amd64"
	}
	return architecture
}

// build compiles the programs. What is in them follows from the source alone: no paths, no state of the checkout.
func (c *Console) build(ctx context.Context, dir string, code, gateway bool) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(1) // the compiler uses all cores by itself
	flags := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w"}
	one := func(arch, name, source string, tags ...string) {
		args := append(append(flags[:len(flags):len(flags)], tags...), "-o", filepath.Join(dir, arch, name), source)
		group.Go(func() error { return c.compile(ctx, arch, args) })
	}
	if code {
		one(goArch(c.settings.Architecture), "bootstrap", "./cmd/consumer", "-tags", "lambda.norpc")
	}
	if gateway {
		one("amd64", "gateway", "./cmd/gateway")
		one("arm64", "gateway", "./cmd/gateway")
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	return nil
}

func (c *Console) compile(ctx context.Context, arch string, args []string) error {
	path, err := filepath.Abs(args[len(args)-2])
	if err != nil {
		return err
	}
	args[len(args)-2] = path
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = c.root, append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch), buildGrace
	cmd.Stdout, cmd.Stderr = c.err, c.err
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Run(); err != nil {
		return errors.Join(fmt.Errorf("go %s: %w", strings.Join(args, " "), err), ctx.Err())
	}
	return nil
}
