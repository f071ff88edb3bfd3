//go:build mage

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"text/tabwriter"

	"github.com/spillway/spillway/pkg/stack"
	"github.com/spillway/spillway/pkg/stack/command"
	"github.com/spillway/spillway/pkg/stack/docker"
)

const (
	// kindAWS is a stack that is deployed, to AWS or to what AWS_ENDPOINT_URL names.
	kindAWS = "aws"
	// deployedTimeout bounds the scenarios there: tasks that are replaced take minutes each, and so does a token that is to expire.
	deployedTimeout = "1h"
)

// scenarios runs the scenarios of e2e and all other tests there, on the stack that STACK names or on both local ones, and
// prints a table of scenarios and stacks.
func scenarios(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	kind := os.Getenv("STACK")
	if !slices.Contains([]string{"", stack.KindSandbox, stack.KindCompose, kindAWS}, kind) {
		return fmt.Errorf("STACK is %q: want %s or %s, or neither for both, or %s", kind, stack.KindSandbox, stack.KindCompose, kindAWS)
	}
	results, err := os.MkdirTemp("", "spillway-scenarios-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(results) }()
	told := []string{"SCENARIO_RESULTS=" + results}
	if kind == kindAWS {
		err = scenariosDeployed(ctx, told)
	}
	if kind == "" || kind == stack.KindSandbox {
		// One package at a time: each starts a whole Spillway, or more.
		err = testIn(ctx, told, "-race", "-p=1", "./...")
	}
	if kind == "" || kind == stack.KindCompose {
		err = errors.Join(err, scenariosInContainers(ctx, told))
	}
	return errors.Join(err, tableOfScenarios(os.Stdout, results))
}

// testIn runs tests of e2e, with some variables beside ours.
func testIn(ctx context.Context, env []string, args ...string) error {
	return command.Command{
		Path: "go", Args: append([]string{"test", "-count=1"}, args...), Dir: "e2e",
		Env: append(os.Environ(), env...), Stdout: os.Stdout, Stderr: os.Stderr,
	}.Run(ctx)
}

// scenariosDeployed runs on the stack that the deployer's settings name, and shows what it does as it goes on: it takes long.
func scenariosDeployed(ctx context.Context, env []string) error {
	for _, name := range []string{"SPILLWAY_DEPLOY_FILE", "SPILLWAY_CA_FILE", "SSL_CERT_FILE"} { // the tests run in another directory
		if path := os.Getenv(name); path != "" {
			abs, err := filepath.Abs(path)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			env = append(env, name+"="+abs)
		}
	}
	return testIn(ctx, env, "-v", "-timeout="+deployedTimeout, "-tags=aws", "-run=^TestAWS$", ".")
}

// scenariosInContainers runs without the race detector: Compose's own library is linked in.
func scenariosInContainers(ctx context.Context, env []string) error {
	if _, err := docker.Find(ctx); err != nil {
		return missing("a Docker engine", "the scenarios do not run in containers: "+err.Error())
	}
	if err := (Images{}).Offline(ctx); err != nil {
		return err
	}
	return testIn(ctx, env, "-tags", "compose", "-run", "^Test(Compose|Container)", ".")
}

// outcomes are the results of one stack.
type outcomes struct {
	Stack   string `json:"stack"`
	Results []struct {
		Scenario string  `json:"scenario"`
		Outcome  string  `json:"outcome"`
		Why      string  `json:"why"` // it was not run there
		Seconds  float64 `json:"seconds"`
	} `json:"results"`
}

// tableOfScenarios prints a line for each scenario and a column for each stack; below them, why a stack has not run one.
func tableOfScenarios(out io.Writer, dir string) error {
	all, err := readOutcomes(dir)
	if err != nil {
		return err
	}
	var names, reasons []string
	cells := map[string]map[string]string{}
	for _, o := range all {
		cells[o.Stack] = map[string]string{}
		for _, r := range o.Results {
			if !slices.Contains(names, r.Scenario) {
				names = append(names, r.Scenario)
			}
			cells[o.Stack][r.Scenario] = fmt.Sprintf("%s %.1f s", r.Outcome, r.Seconds)
			if r.Why == "" {
				continue
			}
			i := slices.Index(reasons, r.Why)
			if i < 0 {
				i, reasons = len(reasons), append(reasons, r.Why)
			}
			cells[o.Stack][r.Scenario] = fmt.Sprintf("%s (%d)", r.Outcome, i+1)
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
			fmt.Fprintf(w, "\t%s", cmp.Or(cells[o.Stack][name], "not run"))
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for i, why := range reasons {
		fmt.Fprintf(out, "(%d) not on this stack: %s\n", i+1, why)
	}
	return nil
}

// readOutcomes reads what tests have told into a directory.
func readOutcomes(dir string) ([]outcomes, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	all := make([]outcomes, len(paths))
	for i, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &all[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return all, nil
}
