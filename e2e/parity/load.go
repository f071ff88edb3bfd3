package main

import (
	"context"
	"errors"
	"fmt"
	"go/constant"
	"go/types"
	"os"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/tools/go/packages"
)

const module = "github.com/spillway/spillway"

// loader remembers the packages that it has loaded. The zero loader is ready; it may be used concurrently.
type loader struct {
	mu    sync.Mutex // guards known, and is held while something is loaded, which uses all processors
	known map[string]any
}

// remembered is what load returns, the first time for key.
func remembered[T any](l *loader, key string, load func() (T, error)) (T, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if v, ok := l.known[key].(T); ok {
		return v, nil
	}
	v, err := load()
	if err == nil {
		if l.known == nil {
			l.known = map[string]any{}
		}
		l.known[key] = v
	}
	return v, err
}

// load type-checks packages of the product; what they import is read as the compiler has it.
func (h house) load(ctx context.Context, patterns ...string) ([]*packages.Package, error) {
	return remembered(h.loader, "load "+strings.Join(patterns, " "), func() ([]*packages.Package, error) { return load(ctx, h.root, patterns) })
}

func load(ctx context.Context, root string, patterns []string) ([]*packages.Package, error) {
	loaded, err := packages.Load(&packages.Config{
		Context: ctx, Dir: root, Env: append(os.Environ(), "CGO_ENABLED=0"), BuildFlags: []string{"-tags=lambda.norpc"},
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedExportFile | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo,
	}, patterns...)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", strings.Join(patterns, " "), err)
	}
	var errs []error
	for _, p := range loaded {
		for _, e := range p.Errors {
			errs = append(errs, e)
		}
	}
	return loaded, errors.Join(errs...)
}

// ours are the packages of the product that a program is made of.
func (h house) ours(ctx context.Context, program string) ([]string, error) {
	return remembered(h.loader, "ours "+program, func() ([]string, error) { return ours(ctx, h.root, program) })
}

func ours(ctx context.Context, root, program string) ([]string, error) {
	loaded, err := packages.Load(&packages.Config{
		Context: ctx, Dir: root, BuildFlags: []string{"-tags=lambda.norpc"}, Mode: packages.NeedName | packages.NeedImports | packages.NeedDeps,
	}, program)
	if err != nil {
		return nil, fmt.Errorf("list what %s imports: %w", program, err)
	}
	var paths []string
	packages.Visit(loaded, nil, func(p *packages.Package) {
		if strings.HasPrefix(p.PkgPath, module+"/") {
			paths = append(paths, p.PkgPath)
		}
	})
	if paths == nil {
		return nil, fmt.Errorf("%s is no program of %s", program, module)
	}
	return paths, nil
}

// constantOf is the value of a constant that is a whole number; nil of anything else.
func constantOf(o types.Object) constant.Value {
	c, ok := o.(*types.Const)
	if !ok || constant.ToInt(c.Val()).Kind() != constant.Int {
		return nil
	}
	return constant.ToInt(c.Val())
}

// matches tells whether all of text is as a parameter's pattern says.
func matches(pattern, text string) bool {
	re, err := regexp.Compile("^(?:" + pattern + ")$")
	return err == nil && re.MatchString(text)
}
