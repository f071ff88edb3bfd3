package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spillway/spillway/pkg/deploy/compiler"
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
		b := BuildOptions{Root: c.root, Dir: dir, Out: c.err}
		if needsCode {
			b.Function = goArch(c.settings.Architecture)
		}
		if needsImage {
			b.Gateway = arches()
		}
		if err := Build(ctx, b); err != nil {
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
	for _, arch := range arches() {
		if path := filepath.Join(dir, arch, "gateway"); exists(path) {
			programs = append(programs, path)
		}
	}
	return image.Gateway(programs...)
}

// arches are the architectures that the gateway's image is for.
func arches() []string { return []string{"amd64", "arm64"} }

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

// BuildOptions say what to build of what is deployed.
type BuildOptions struct {
	// Root is the checkout. Dir gets the programs: ARCH/gateway and ARCH/bootstrap, the consumer.
	Root, Dir string
	// Function is what the consumer is built for, amd64 or arm64; empty builds none. Gateway is what the gateway is.
	Function string
	Gateway  []string
	// Out gets what the compiler says.
	Out io.Writer
}

// Build compiles the programs that are deployed, as package compiler says.
func Build(ctx context.Context, o BuildOptions) error {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(1) // the compiler uses all cores by itself
	if o.Function != "" {
		group.Go(func() error {
			return o.compile(ctx, o.Function, compiler.Arguments(compiler.ConsumerTags, filepath.Join(dir, o.Function, "bootstrap"), "./cmd/consumer"))
		})
	}
	for _, arch := range o.Gateway {
		group.Go(func() error {
			return o.compile(ctx, arch, compiler.Arguments(compiler.GatewayTags, filepath.Join(dir, arch, "gateway"), "./cmd/gateway"))
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	return nil
}

func (o BuildOptions) compile(ctx context.Context, arch string, args []string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = o.Root, compiler.Environment(os.Environ(), "linux", arch), buildGrace
	cmd.Stdout, cmd.Stderr = o.Out, o.Out
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Run(); err != nil {
		return errors.Join(fmt.Errorf("go %s: %w", strings.Join(args, " "), err), ctx.Err())
	}
	return nil
}
