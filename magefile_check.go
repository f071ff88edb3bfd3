//go:build mage

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/magefile/mage/mg"

	"github.com/spillway/spillway/pkg/stack/command"
)

// toolsFlag has the heavy tools built from a modfile of their own.
const toolsFlag = "-modfile=.ci/tools.mod"

// step is one thing to check.
type step struct {
	name string
	run  func(context.Context) error
}

// check runs all steps, whatever fails, and then the tests, unless they have run already.
func check(ctx context.Context) error {
	var failed []string
	for _, s := range steps() {
		begin := time.Now()
		fmt.Printf("== %s\n", s.name)
		err := s.run(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			fmt.Printf("-- %s failed: %v\n", s.name, err)
			failed = append(failed, s.name)
			continue
		}
		fmt.Printf("-- %s: %.1f s\n", s.name, time.Since(begin).Seconds())
	}
	if failed != nil {
		return fmt.Errorf("check: failed: %s", strings.Join(failed, ", "))
	}
	fmt.Println("== race tests")
	mg.CtxDeps(ctx, raceTests)
	return nil
}

func steps() []step {
	return []step{
		{"optional tools", func(context.Context) error { return optionalTools() }},
		{"build", inModules("go", "build", "./...")},
		{"vet", inModules("go", "vet", "./...")},
		{"lint", lint},
		{"generated code", generatedIsCurrent},
		{"contract: lint", buf("lint")},
		{"contract: breaking changes", contractKept},
		{"these targets", func(ctx context.Context) error { return runIn(ctx, ".", "go", "test", "-tags", "mage", ".") }},
		{"go.mod", inModules("go", "mod", "tidy", "-diff")},
		{"dead code", noDeadCode},
		{"templates", lintTemplates},
		{"parity", parity},
	}
}

// modules are the directories of Go modules; the scenarios have one of their own.
func modules() []string { return []string{".", "e2e"} }

func raceTests(ctx context.Context) error { return runIn(ctx, ".", "go", "test", "-race", "./...") }

func generate(ctx context.Context) error { return buf("generate")(ctx) }

// runIn runs a program with this one's output.
func runIn(ctx context.Context, dir, path string, args ...string) error {
	return command.Command{Path: path, Args: args, Dir: dir, Stdout: os.Stdout, Stderr: os.Stderr}.Run(ctx)
}

// output runs a program and returns what it prints.
func output(ctx context.Context, path string, args ...string) (string, error) {
	var out bytes.Buffer
	err := command.Command{Path: path, Args: args, Stdout: &out, Stderr: os.Stderr}.Run(ctx)
	return strings.TrimSpace(out.String()), err
}

// quietly is output for what may fail without anybody being told.
func quietly(ctx context.Context, path string, args ...string) (string, error) {
	var out bytes.Buffer
	err := command.Command{Path: path, Args: args, Stdout: &out}.Run(ctx)
	return strings.TrimSpace(out.String()), err
}

func inModules(path string, args ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		var errs []error
		for _, dir := range modules() {
			if err := runIn(ctx, dir, path, args...); err != nil {
				errs = append(errs, fmt.Errorf("in %s: %w", dir, err))
			}
		}
		return errors.Join(errs...)
	}
}

// buf runs the tool for proto.
func buf(args ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		return runIn(ctx, ".", "go", append([]string{"tool", toolsFlag, "buf"}, args...)...)
	}
}

// optionalTools tells what is not installed, and what is left out for that. CI must leave nothing out.
func optionalTools() error {
	var errs []error
	for _, t := range []struct{ name, without string }{
		{"redis-server", "tests run against the embedded Redis only"},
		{"aws", "tests with the AWS CLI are skipped"},
		{"cfn-lint", "templates are not linted"},
	} {
		if !installed(t.name) {
			errs = append(errs, missing(t.name, t.without))
		}
	}
	return errors.Join(errs...)
}

func installed(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}

// missing says that something optional is left out; where CI=true it is an error.
func missing(what, without string) error {
	if os.Getenv("CI") == "true" {
		return fmt.Errorf("%s is missing: %s", what, without)
	}
	fmt.Printf("%s is missing: %s\n", what, without)
	return nil
}

// lint runs the linter in both modules, by its path: in the second one the modfile of the tools means nothing.
func lint(ctx context.Context) error {
	linter, err := output(ctx, "go", "tool", toolsFlag, "-n", "golangci-lint")
	if err != nil {
		return err
	}
	config, err := filepath.Abs(".golangci.yml")
	if err != nil {
		return err
	}
	return inModules(linter, "run", "--config", config, "./...")(ctx)
}

// generatedIsCurrent generates beside the tree and compares.
func generatedIsCurrent(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "spillway-generated-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := buf("generate", "-o", dir)(ctx); err != nil {
		return err
	}
	if err := ledgerIsCurrent(ctx, filepath.Join(dir, "ledger.md")); err != nil {
		return err
	}
	want, errWant := generatedFiles(dir)
	have, errHave := generatedFiles(".")
	if err := errors.Join(errWant, errHave); err != nil {
		return err
	}
	var errs []error
	for path, text := range want {
		if have[path] != text {
			errs = append(errs, fmt.Errorf("%s is not what proto says: go tool mage generate", path))
		}
	}
	for path := range have {
		if _, ok := want[path]; !ok {
			errs = append(errs, fmt.Errorf("%s comes from no proto file", path))
		}
	}
	return errors.Join(errs...)
}

// ledgerIsCurrent writes the ledger of the emulators to path and compares.
func ledgerIsCurrent(ctx context.Context, path string) error {
	if err := runIn(ctx, ".", "go", "run", "./pkg/sandbox/ledger/gen", "-out", path); err != nil {
		return err
	}
	want, errWant := os.ReadFile(path)
	have, errHave := os.ReadFile(filepath.Join("docs", "ledger.md"))
	if err := errors.Join(errWant, errHave); err != nil {
		return err
	}
	if !bytes.Equal(want, have) {
		return errors.New("docs/ledger.md is not what the emulators say: go generate ./pkg/sandbox/ledger")
	}
	return nil
}

// generatedFiles are the texts of the generated files below root/proto.
func generatedFiles(root string) (map[string]string, error) {
	files, tree := map[string]string{}, os.DirFS(root)
	err := fs.WalkDir(tree, "proto", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".pb.go") {
			return err
		}
		text, err := fs.ReadFile(tree, path)
		files[path] = string(text)
		return err
	})
	return files, err
}

// contractKept compares proto to that of the commits that it must not break with.
func contractKept(ctx context.Context) error {
	bases, err := contractBases(ctx, ".")
	if err != nil {
		return err
	}
	if len(bases) == 0 {
		return missing("an earlier commit with proto", "breaking changes are not looked for")
	}
	dir, err := os.MkdirTemp("", "spillway-contract-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for _, commit := range bases {
		base := filepath.Join(dir, commit+".tar")
		if err := runIn(ctx, ".", "git", "archive", "--format=tar", "-o", base, commit, "buf.yaml", "proto"); err != nil {
			return err
		}
		if err := buf("breaking", "--against", base)(ctx); err != nil {
			return fmt.Errorf("against commit %s: %w", commit, err)
		}
	}
	return nil
}

// contractBases are the commits of the repository at dir to which its files are compared: where HEAD has left the main
// branch, else, as on the main branch itself, the commit before HEAD; and HEAD, for what is not committed yet. Those
// without proto are left out.
func contractBases(ctx context.Context, dir string) ([]string, error) {
	head, err := output(ctx, "git", "-C", dir, "rev-parse", "--verify", "HEAD")
	if err != nil {
		return nil, err
	}
	find := [][]string{{"merge-base", "HEAD", "origin/main"}, {"merge-base", "HEAD", "main"}, {"rev-parse", "--verify", "--quiet", "HEAD~1"}}
	candidates := make([]string, 0, len(find))
	for _, args := range find {
		commit, err := quietly(ctx, "git", append([]string{"-C", dir}, args...)...)
		if err == nil && commit != head {
			candidates = append(candidates, commit)
			break
		}
	}
	return slices.DeleteFunc(append(candidates, head), func(commit string) bool {
		_, err := quietly(ctx, "git", "-C", dir, "rev-parse", "--verify", "--quiet", commit+":proto")
		return err != nil
	}), ctx.Err()
}

// noDeadCode fails for functions that no program and no test reaches.
func noDeadCode(ctx context.Context) error {
	found, err := output(ctx, "go", "tool", toolsFlag, "deadcode", "-test", "./...")
	if err != nil {
		return err
	}
	var dead []string
	for line := range strings.Lines(found) {
		// An example without output is compiled and shown, not run, nor is what it calls.
		if !strings.Contains(line, "example_test.go:") {
			dead = append(dead, strings.TrimSpace(line))
		}
	}
	if dead != nil {
		return fmt.Errorf("nothing reaches:\n%s", strings.Join(dead, "\n"))
	}
	return nil
}

// parity has a module of its own, in which there is more to type-check programs with.
func parity(ctx context.Context) error { return runIn(ctx, "e2e", "go", "run", "./parity") }

// lintTemplates runs cfn-lint where it is installed; optionalTools tells where it is not.
func lintTemplates(ctx context.Context) error {
	if !installed("cfn-lint") {
		return nil
	}
	templates, err := filepath.Glob("deploy/*.yaml")
	if err != nil {
		return err
	}
	return runIn(ctx, ".", "cfn-lint", templates...)
}
