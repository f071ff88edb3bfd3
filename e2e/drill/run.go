package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spillway/spillway/e2e/ground"
	"github.com/spillway/spillway/pkg/config"
)

// drill is one of the drills.
type drill struct {
	name string
	run  func(ctx context.Context, g *ground.Ground, s settings) (result, error)
}

// result is what a drill has found.
type result interface {
	// check returns every promise that broke, joined.
	check() error
	// report prints the figures.
	report(w io.Writer)
}

func drills() []drill {
	return []drill{
		{"drain", func(ctx context.Context, g *ground.Ground, s settings) (result, error) { return drain(ctx, g, s) }},
		{"sleeper", func(ctx context.Context, g *ground.Ground, s settings) (result, error) { return sleeper(ctx, g, s) }},
		{"restart", func(ctx context.Context, g *ground.Ground, s settings) (result, error) { return restart(ctx, g, s) }},
		{"issuer", func(ctx context.Context, g *ground.Ground, s settings) (result, error) { return outage(ctx, g, s) }},
	}
}

// run does the drills that args name, or all.
func run(ctx context.Context, args, environ []string, stdout io.Writer) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	var s settings
	if err := config.Load(&s, environ); err != nil {
		return err
	}
	if unknown := config.Unknown(environ, variablePrefix, &s); unknown != nil {
		return fmt.Errorf("unknown variables: %s", strings.Join(unknown, ", "))
	}
	chosen := drills()
	if len(args) > 0 {
		chosen = slices.DeleteFunc(chosen, func(d drill) bool { return !slices.Contains(args, d.name) })
	}
	if len(chosen) == 0 || len(args) > len(chosen) {
		return fmt.Errorf("drills %q: want drain, sleeper, restart, issuer or nothing for all", args)
	}
	dir, err := os.MkdirTemp("", "spillway-drill-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	p, err := ground.BuildPrograms(ctx, dir, false)
	if err != nil {
		return err
	}
	var broken []error
	for _, d := range chosen {
		fmt.Fprintf(stdout, "== %s\n", d.name)
		if err := hold(ctx, d, dir, p, s, stdout); err != nil {
			broken = append(broken, fmt.Errorf("%s: %w", d.name, err))
		}
	}
	return errors.Join(broken...)
}

// hold does one drill on ground of its own.
func hold(ctx context.Context, d drill, dir string, p ground.Programs, s settings, stdout io.Writer) error {
	g, err := ground.New(ctx, dir, p)
	if err != nil {
		return err
	}
	defer g.Close()
	r, err := d.run(ctx, g, s)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, g.Logs())
	}
	r.report(stdout)
	return r.check()
}
