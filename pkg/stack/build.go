package stack

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/spillway/spillway/pkg/deploy/compiler"
	"github.com/spillway/spillway/pkg/stack/command"
)

// bootstrapName is what Lambda calls a function's program.
const bootstrapName = "bootstrap"

// BuildOptions say what to build. Root and Dir are required.
type BuildOptions struct {
	// Root is the checkout.
	Root string
	// Dir gets the programs: sandbox, mockcognito, gateway, spillway and bootstrap, the consumer.
	Dir string
	// Race has data races detected in all programs but the consumer, which must be linked statically.
	Race bool
	// Out gets what the compiler says; nil discards it.
	Out io.Writer
}

// Build builds the programs of a local stack. A second time, Go's cache makes it a matter of a second.
func Build(ctx context.Context, o BuildOptions) error {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, c := range o.commands(dir) {
		group.Go(func() error { return c.Run(ctx) })
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	return nil
}

func (o BuildOptions) commands(dir string) []command.Command {
	// Whatever the caller builds for, these are to run here.
	host := compiler.Environment(os.Environ(), runtime.GOOS, runtime.GOARCH)
	here := []string{"build", "-trimpath", "-tags", compiler.GatewayTags, "-o", dir + string(filepath.Separator)}
	own := []string{"./cmd/sandbox", "./cmd/mockcognito", "./cmd/spillway"}
	run := func(env []string, args ...string) command.Command {
		return command.Command{Path: "go", Args: args, Dir: o.Root, Env: env, Stdout: o.Out, Stderr: o.Out}
	}
	consumer := run(host, compiler.Arguments(compiler.ConsumerTags, filepath.Join(dir, bootstrapName), "./cmd/consumer")...)
	if o.Race { // what tells of a race needs no symbols, and an image is made of these
		return []command.Command{run(slices.Concat(host, []string{"CGO_ENABLED=1"}), slices.Concat(here, []string{"-race", "-ldflags", "-s -w", "./cmd/gateway"}, own)...), consumer}
	}
	gateway := run(host, compiler.Arguments(compiler.GatewayTags, filepath.Join(dir, gatewayName), "./cmd/gateway")...)
	return []command.Command{run(host, append(here, own...)...), gateway, consumer}
}
