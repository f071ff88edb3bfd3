package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"syscall"

	"github.com/spillway/spillway/e2e/ground"
)

// errInterrupted says that somebody had enough.
var errInterrupted = errors.New("interrupted")

// run measures, or plays the role that args name.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout io.Writer) error {
	if len(args) > 0 {
		signal.Ignore(syscall.SIGINT) // Ctrl-C is for the bench, which ends its roles
		return play(ctx, args, stdin, stdout)
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	s, err := load(environ)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	err = conduct(ctx, s, self, stdout)
	if ctx.Err() != nil {
		return errInterrupted
	}
	return err
}

// conduct does the parts that are chosen. self is the program that can play the roles. A
// part that fails does not keep the others from being measured.
func conduct(ctx context.Context, s settings, self string, stdout io.Writer) error {
	dir, err := os.MkdirTemp("", "spillway-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b := &bench{settings: s, dir: dir, self: self, report: newReport(stdout, machine())}
	if b.programs, err = ground.BuildPrograms(ctx, dir, false); err != nil {
		return err
	}
	var failed []error
	for _, p := range parts() {
		if len(s.Only) > 0 && !slices.Contains(s.Only, p.name) {
			continue
		}
		b.report.say("%s", p.name)
		err := p.run(ctx, b)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", p.name, err))
			b.report.note("%s is not measured", p.name)
		}
	}
	b.report.print()
	paths, err := b.report.write(s)
	for _, path := range paths {
		fmt.Fprintln(stdout, path)
	}
	return errors.Join(append(failed, err)...)
}

// machine says what it ran on.
func machine() string {
	return fmt.Sprintf("%s/%s, %d CPUs, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
}
