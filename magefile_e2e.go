//go:build mage

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"github.com/spillway/spillway/pkg/stack"
	"github.com/spillway/spillway/pkg/stack/command"
	"github.com/spillway/spillway/pkg/stack/docker"
)

// scenarios runs the scenarios of e2e and all other tests there, on the stack that STACK names or on both local ones, and
// prints a table of scenarios and stacks.
func scenarios(ctx context.Context) error {
	kind := os.Getenv("STACK")
	if !slices.Contains([]string{"", stack.KindSandbox, stack.KindCompose}, kind) {
		return fmt.Errorf("STACK is %q: want %s or %s, or neither for both", kind, stack.KindSandbox, stack.KindCompose)
	}
	results, err := os.MkdirTemp("", "spillway-scenarios-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(results) }()
	if kind != stack.KindCompose {
		// One package at a time: each starts a whole Spillway, or more.
		err = testIn(ctx, results, "-race", "-p=1", "./...")
	}
	if kind != stack.KindSandbox {
		err = errors.Join(err, scenariosInContainers(ctx, results))
	}
	return errors.Join(err, tableOfScenarios(os.Stdout, results))
}

// testIn runs tests of e2e, which tell the results of scenarios into a directory.
func testIn(ctx context.Context, results string, args ...string) error {
	return command.Command{
		Path: "go", Args: append([]string{"test", "-count=1"}, args...), Dir: "e2e",
		Env: append(os.Environ(), "SCENARIO_RESULTS="+results), Stdout: os.Stdout, Stderr: os.Stderr,
	}.Run(ctx)
}

// scenariosInContainers runs without the race detector: Compose's own library is linked in.
func scenariosInContainers(ctx context.Context, results string) error {
	if _, err := docker.Find(ctx); err != nil {
		return missing("a Docker engine", "the scenarios do not run in containers: "+err.Error())
	}
	if err := (Images{}).Offline(ctx); err != nil {
		return err
	}
	return testIn(ctx, results, "-tags", "compose", "-run", "^TestCompose", ".")
}

// outcomes are the results of one stack.
type outcomes struct {
	Stack   string `json:"stack"`
	Results []struct {
		Scenario string  `json:"scenario"`
		Outcome  string  `json:"outcome"`
		Seconds  float64 `json:"seconds"`
	} `json:"results"`
}

// tableOfScenarios prints a line for each scenario and a column for each stack.
func tableOfScenarios(out io.Writer, dir string) error {
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return err
	}
	var all []outcomes
	var names []string
	cells := map[string]map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var o outcomes
		if err := json.Unmarshal(text, &o); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, o)
		cells[o.Stack] = map[string]string{}
		for _, r := range o.Results {
			if !slices.Contains(names, r.Scenario) {
				names = append(names, r.Scenario)
			}
			cells[o.Stack][r.Scenario] = fmt.Sprintf("%s %.1f s", r.Outcome, r.Seconds)
		}
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "SCENARIO")
	for _, o := range all {
		fmt.Fprintf(w, "\t%s", o.Stack)
	}
	fmt.Fprintln(w)
	for _, name := range names {
		fmt.Fprint(w, name)
		for _, o := range all {
			cell := cells[o.Stack][name]
			if cell == "" {
				cell = "not run"
			}
			fmt.Fprintf(w, "\t%s", cell)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}
