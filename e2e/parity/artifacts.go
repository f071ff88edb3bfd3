package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spillway/spillway/pkg/deploy"
	"github.com/spillway/spillway/pkg/stack"
)

// plan is a way in which what is deployed is made.
type plan struct {
	name string
	make func(ctx context.Context, h house, dir string) (map[string]string, error) // the names of what is deployed, by what it is
}

// plans are compared with each other. Each is made in a directory of its own, so that a path in what is made would tell.
func plans() []plan {
	return []plan{{"local", builtLocally}, {"cloud", builtLocally}}
}

// builtLocally builds as the local stack and the deployment do, which share pkg/stack's build and pkg/deploy's zip file.
func builtLocally(ctx context.Context, h house, dir string) (map[string]string, error) {
	if err := stack.Build(ctx, stack.BuildOptions{Root: h.root, Dir: dir}); err != nil {
		return nil, err
	}
	key, err := deploy.CodeKey(filepath.Join(dir, "bootstrap"))
	return map[string]string{"the function's zip file": key}, err
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
	for what := range made[0] {
		cells := []string{what}
		for _, m := range made {
			cells = append(cells, must(m[what]))
		}
		t.equal(cells...)
	}
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
