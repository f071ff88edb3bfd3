package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "parity:", err)
		os.Exit(1)
	}
}

// run compares in the checkout that args name, else in the one above.
func run(ctx context.Context, args []string, getenv func(string) string, out *os.File) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	root := ".."
	if len(args) > 0 {
		root = args[0]
	}
	tables, err := compare(ctx, house{root: root, loader: new(loader), strict: getenv("CI") == "true" && onMain(ctx, root, composeName)})
	if err != nil {
		return err
	}
	wrong := 0
	for _, t := range tables {
		if err := t.print(out); err != nil {
			return err
		}
		wrong += len(t.mistakes())
	}
	if wrong > 0 {
		return fmt.Errorf("%d differences", wrong)
	}
	return nil
}

// onMain tells whether the main branch has a file: then one that is missing has gone, and is not yet to come.
func onMain(ctx context.Context, root, path string) bool {
	for _, branch := range []string{"origin/main", "main"} {
		cmd := exec.CommandContext(ctx, "git", "cat-file", "-e", branch+":"+path)
		cmd.Dir = root
		if cmd.Run() == nil {
			return true
		}
	}
	return false
}

// compare makes all comparisons.
func compare(ctx context.Context, h house) ([]*table, error) {
	var tables []*table
	for _, c := range []func(context.Context, house) ([]*table, error){variables, commands, ports, health, limits, artifacts, actions} {
		t, err := c(ctx, h)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t...)
	}
	return tables, nil
}
