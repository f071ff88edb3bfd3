package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
)

// variable is an environment variable as a program declares it.
type variable struct {
	value    string // its default
	required bool
}

// declared are the variables that the tags env and envDefault of a directory's sources declare. Names without prefix get it.
func (h house) declared(dir, prefix string) (map[string]variable, error) {
	paths, err := h.sources(dir)
	if err != nil {
		return nil, err
	}
	out := map[string]variable{}
	for _, path := range paths {
		file, err := h.parse(path)
		if err != nil {
			return nil, err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			field, ok := n.(*ast.Field)
			if !ok || field.Tag == nil {
				return true
			}
			raw, err := strconv.Unquote(field.Tag.Value)
			if err != nil {
				return true // the compiler tells
			}
			tag := reflect.StructTag(raw)
			name, options, _ := strings.Cut(tag.Get("env"), ",")
			if name == "" {
				return true
			}
			if !strings.HasPrefix(name, prefix) {
				name = prefix + name
			}
			out[name] = variable{tag.Get("envDefault"), strings.Contains(options, "required")}
			return true
		})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s declares no variables", dir)
	}
	return out, nil
}

func (h house) parse(path string) (*ast.File, error) {
	text, err := h.read(path)
	if err != nil {
		return nil, err
	}
	return parser.ParseFile(token.NewFileSet(), path, text, 0)
}

// texts are the string literals of a directory's sources.
func (h house) texts(dir string) (map[string]bool, error) {
	paths, err := h.sources(dir)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, path := range paths {
		file, err := h.parse(path)
		if err != nil {
			return nil, err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				out[constant.StringVal(constant.MakeFromLiteral(lit.Value, lit.Kind, 0))] = true
			}
			return true
		})
	}
	return out, nil
}
