package images

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/spillway/spillway/pkg/deploy/compiler"
	"github.com/spillway/spillway/pkg/deploy/image"
	"github.com/spillway/spillway/pkg/stack/command"
	"github.com/spillway/spillway/pkg/stack/docker"
)

const (
	// Tag is that of the images on this machine.
	Tag = "local"
	// Sandbox is the cloud as an image of ours.
	Sandbox = "spillway/sandbox:" + Tag
	// Redis is what BuildRedis makes.
	Redis = "spillway/redis:" + Tag

	bootstrapName = "bootstrap"
)

// Options say what to build. Root and Dir are required.
type Options struct {
	// Root is the checkout.
	Root string
	// Dir gets the programs, in a directory for each architecture.
	Dir string
	// Arches are what to build for, in Go's words.
	Arches []string
	// Out gets what the compiler says; nil discards it.
	Out io.Writer
}

// specs are our images, but for the paths of their programs.
func specs() []image.Spec {
	return []image.Spec{
		{Name: "gateway", Ports: []int{8443, 8081}, Health: health("gateway")},
		{Name: "mockcognito", Ports: []int{9229}, Health: health("mockcognito")},
		{Name: "balancer", Ports: []int{8443, 8081}, Health: health("balancer")},
		// Where the state is, is where LocalStack has it: one takes the other's place.
		{
			Name: "sandbox", Ports: []int{4566}, Health: health("sandbox"), Writable: []string{"/var/lib/localstack", "/tmp"},
			Env: map[string]string{
				"SPILLWAY_SANDBOX_LISTEN": "0.0.0.0:4566", "SPILLWAY_SANDBOX_STATE": "/var/lib/localstack",
				"SPILLWAY_SANDBOX_REDIS": "none", "SPILLWAY_SANDBOX_PERSIST": "true",
			},
		},
		{Name: "provision", Beside: map[string][]string{bootstrapName: nil}, Writable: []string{"/spillway", "/tmp"}},
	}
}

func health(name string) []string { return []string{"/" + name, "health"} }

// Names are those of the images that Build makes.
func Names() []string {
	var names []string
	for _, s := range specs() {
		names = append(names, "spillway/"+s.Name+":"+Tag)
	}
	return names
}

// Built is an image that was made.
type Built struct {
	Name  string // without registry and tag: gateway
	Image *image.Image
}

// Build builds the programs and makes the images.
func Build(ctx context.Context, o Options) ([]Built, error) {
	for _, arch := range o.Arches {
		if err := o.compile(ctx, arch); err != nil {
			return nil, fmt.Errorf("build for %s: %w", arch, err)
		}
	}
	var made []Built
	for _, s := range specs() {
		s.Programs = o.paths(s.Name)
		for name := range s.Beside {
			s.Beside[name] = o.paths(name)
		}
		i, err := image.New(s)
		if err != nil {
			return nil, err
		}
		made = append(made, Built{s.Name, i})
	}
	return made, nil
}

func (o Options) paths(name string) []string {
	var paths []string
	for _, arch := range o.Arches {
		paths = append(paths, filepath.Join(o.Dir, arch, name))
	}
	return paths
}

// compile builds the programs for an architecture.
func (o Options) compile(ctx context.Context, arch string) error {
	dir, err := filepath.Abs(filepath.Join(o.Dir, arch))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	programs := compiler.Arguments(compiler.GatewayTags, dir+string(filepath.Separator))
	for _, s := range specs() {
		programs = append(programs, "./cmd/"+s.Name)
	}
	consumer := compiler.Arguments(compiler.ConsumerTags, filepath.Join(dir, bootstrapName), "./cmd/consumer")
	env := compiler.Environment(os.Environ(), "linux", arch)
	group, ctx := errgroup.WithContext(ctx)
	for _, args := range [][]string{programs, consumer} {
		c := command.Command{Path: "go", Args: args, Dir: o.Root, Env: env, Stdout: o.Out, Stderr: o.Out}
		group.Go(func() error { return c.Run(ctx) })
	}
	return group.Wait()
}

// Load gives images to an engine.
func Load(ctx context.Context, e *docker.Engine, made []Built) error {
	for _, b := range made {
		name := "spillway/" + b.Name + ":" + Tag
		if err := e.Load(ctx, func(w io.Writer) error { return b.Image.WriteTarball(w, e.Arch, name) }); err != nil {
			return fmt.Errorf("load %s: %w", name, err)
		}
	}
	return nil
}
