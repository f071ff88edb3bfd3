package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spillway/spillway/deploy/evaluate"
	"github.com/spillway/spillway/pkg/stack"
)

// house is a checkout, in which a test may have changed files.
type house struct {
	root   string
	loader *loader
	// strict has what is missing fail.
	strict  bool
	changed map[string]string // by path, in place of what is there
}

func (h house) read(path string) (string, error) {
	if text, ok := h.changed[path]; ok {
		return text, nil
	}
	text, err := os.ReadFile(filepath.Join(h.root, filepath.FromSlash(path)))
	return string(text), err
}

// sources are the paths of a directory's Go files that are no tests.
func (h house) sources(dir string) ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(h.root, filepath.FromSlash(dir), "*.go"))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range paths {
		if !strings.HasSuffix(p, "_test.go") {
			out = append(out, dir+"/"+filepath.Base(p))
		}
	}
	if out == nil {
		return nil, fmt.Errorf("%s has no Go files", dir)
	}
	return out, nil
}

// template is a template as it is written.
func (h house) template(name string) (evaluate.Template, error) {
	text, err := h.read("deploy/" + name)
	if err != nil {
		return evaluate.Template{}, err
	}
	return evaluate.Parse(text)
}

// scenarios are a template under parameters that meet each of its conditions both ways.
func (h house) scenarios(name string) ([]*evaluate.Scenario, error) {
	text, err := h.read("deploy/" + name)
	if err != nil {
		return nil, err
	}
	return evaluate.Scenarios(name, text, nil)
}

// compose is compose.yaml; nil if there is none.
func (h house) compose() (*composeFile, error) {
	text, err := h.read(composeName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return parseCompose(text)
}

// stackPrograms are what the local stack keeps running, by name, beside the data path. With all-steps, what runs is what the templates
// say.
func (h house) stackPrograms() (map[string]stack.Program, error) {
	s, err := stack.New(stack.Options{Root: h.root, Template: stack.TemplateData})
	if err != nil {
		return nil, err
	}
	out := map[string]stack.Program{}
	for _, p := range s.Programs(stack.DefaultPorts()) {
		out[p.Name] = p
	}
	return out, nil
}

// upDeviations are what "mage up" deploys the templates with in place of their defaults.
func (h house) upDeviations() (stack.Deviations, error) {
	s, err := stack.New(stack.Options{Root: h.root})
	if err != nil {
		return stack.Deviations{}, err
	}
	return s.Deviations(stack.DefaultPorts())
}

// missingCompose tells in a table that there is nothing to compare with.
func (h house) missingCompose(t *table) {
	if h.strict {
		t.wrong("is missing", composeName)
		return
	}
	t.note("%s is missing: it is not compared", composeName)
}
