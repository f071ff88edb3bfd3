package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/spillway/spillway/pkg/deploy"
	"github.com/spillway/spillway/pkg/deploy/console"
	"github.com/spillway/spillway/pkg/deploy/image"
	"github.com/spillway/spillway/pkg/stack"
)

// plan is a way in which what is deployed is made.
type plan struct {
	name string
	make func(ctx context.Context, h house, dir string) (map[string]string, error) // the names of what is deployed, by what it is
}

// plans are compared with each other, for this machine's architecture. Each is made in a directory of its own, so that a path in what is
// made would tell.
func plans() []plan {
	return []plan{{"local", builtForLocal}, {"cloud", builtForCloud}}
}

// builtForLocal builds as "mage up" does.
func builtForLocal(ctx context.Context, h house, dir string) (map[string]string, error) {
	if err := stack.Build(ctx, stack.BuildOptions{Root: h.root, Dir: dir}); err != nil {
		return nil, err
	}
	return deployed(filepath.Join(dir, "bootstrap"), filepath.Join(dir, "gateway"))
}

// builtForCloud builds as "mage deploy" does.
func builtForCloud(ctx context.Context, h house, dir string) (map[string]string, error) {
	arch := runtime.GOARCH
	if err := console.Build(ctx, console.BuildOptions{Root: h.root, Dir: dir, Function: arch, Gateway: []string{arch}, Out: os.Stderr}); err != nil {
		return nil, err
	}
	return deployed(filepath.Join(dir, arch, "bootstrap"), filepath.Join(dir, arch, "gateway"))
}

// deployed names what is made of the programs.
func deployed(bootstrap, gateway string) (map[string]string, error) {
	key, err := deploy.CodeKey(bootstrap)
	if err != nil {
		return nil, err
	}
	i, err := image.New(image.Gateway(gateway))
	if err != nil {
		return nil, err
	}
	digest, err := i.DigestFor(runtime.GOARCH)
	return map[string]string{"the function's zip file": key, "the gateway's image": digest}, err
}

// artifacts compares what the plans deploy.
func artifacts(ctx context.Context, h house) ([]*table, error) {
	made, err := h.made(ctx, plans())
	if err != nil {
		return nil, err
	}
	t := &table{title: "what is deployed", header: []string{"artifact"}}
	for _, p := range plans() {
		t.header = append(t.header, p.name)
	}
	for _, what := range slices.Sorted(maps.Keys(made[0])) {
		cells := []string{what}
		for _, m := range made {
			cells = append(cells, must(m[what]))
		}
		t.equal(cells...)
	}
	t.note("of this machine's architecture; the index that mage deploy pushes has this image and that of the other one")
	return []*table{t}, nil
}

func (h house) made(ctx context.Context, plans []plan) (made []map[string]string, err error) {
	for _, p := range plans {
		dir, err := os.MkdirTemp("", "spillway-parity-")
		if err != nil {
			return nil, err
		}
		m, err := p.make(ctx, h, dir)
		if removeErr := os.RemoveAll(dir); err == nil {
			err = removeErr
		}
		if err != nil {
			return nil, fmt.Errorf("make what the %s plan deploys: %w", p.name, err)
		}
		made = append(made, m)
	}
	return made, nil
}
