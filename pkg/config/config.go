package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Mistake is one thing that is wrong with a configuration.
type Mistake struct {
	Variable string
	Rule     string // what is wrong, or what is wanted
}

func (m Mistake) String() string { return m.Variable + ": " + m.Rule }

// Error is all that is wrong with a configuration.
type Error struct{ Mistakes []Mistake }

func (e *Error) Error() string {
	lines := make([]string, 0, len(e.Mistakes))
	for _, m := range e.Mistakes {
		lines = append(lines, m.String())
	}
	return "configuration: " + strings.Join(lines, "; ")
}

// Validator is implemented by configurations that have rules beyond the types of
// their fields. Validate is called on what was read even if a variable was wrong
// or absent, which then has its zero value; its mistakes about that variable are
// left out.
type Validator interface {
	Validate() []Mistake
}

// Load sets the struct that dst points to from environ, which is in the form of
// os.Environ. A variable with an empty value counts as one that is not set. The
// error is an *Error with every mistake, in the order of the fields; Load panics if
// dst is not a pointer to a struct whose fields env can set.
func Load(dst any, environ []string) error {
	variables := fields(dst)
	found := map[string]string{}
	if err := env.ParseWithOptions(dst, env.Options{Environment: values(environ)}); err != nil {
		aggregate, ok := errors.AsType[env.AggregateError](err)
		if !ok {
			panic(fmt.Sprintf("config: %v", err))
		}
		for _, err := range aggregate.Errors {
			m := mistake(variables, err)
			found[m.Variable] = m.Rule
		}
	}
	if v, ok := dst.(Validator); ok {
		for _, m := range v.Validate() {
			if _, known := found[m.Variable]; !known {
				found[m.Variable] = m.Rule
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	return &Error{inOrder(variables, found)}
}

// Names returns the names of the variables that dst, a pointer to a struct, reads,
// in the order of its fields.
func Names(dst any) []string {
	var names []string
	for _, v := range fields(dst) {
		names = append(names, v.name)
	}
	return names
}

// Unknown returns, sorted, the variables of environ that start with prefix and
// that none of dst, pointers to structs, reads: most likely misspelt ones.
func Unknown(environ []string, prefix string, dst ...any) []string {
	var known []string
	for _, d := range dst {
		known = append(known, Names(d)...)
	}
	var unknown []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, prefix) && !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return slices.Compact(unknown)
}

// variable is the variable that a field is set from.
type variable struct{ name, field string }

func fields(dst any) []variable {
	t := reflect.TypeOf(dst)
	if t == nil || t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("config: %T is not a pointer to a struct", dst))
	}
	var vs []variable
	for f := range t.Elem().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
		if name != "" {
			vs = append(vs, variable{name, f.Name})
		}
	}
	return vs
}

func values(environ []string) map[string]string {
	m := make(map[string]string, len(environ))
	for _, entry := range environ {
		if name, value, _ := strings.Cut(entry, "="); value != "" {
			m[name] = value
		}
	}
	return m
}

// mistake says of an error of env which variable it is about.
func mistake(variables []variable, err error) Mistake {
	if e, ok := errors.AsType[env.VarIsNotSetError](err); ok {
		return Mistake{e.Key, "is required"}
	}
	e, ok := errors.AsType[env.ParseError](err)
	if !ok {
		panic(fmt.Sprintf("config: %v", err)) // the struct is wrong, not the value
	}
	i := slices.IndexFunc(variables, func(v variable) bool { return v.field == e.Name })
	return Mistake{variables[i].name, rule(e)}
}

// rule says what is wanted of a value that does not parse.
func rule(e env.ParseError) string {
	if num, ok := errors.AsType[*strconv.NumError](e.Err); ok {
		return fmt.Sprintf("%q is not a valid %s: %v", num.Num, e.Type, num.Err)
	}
	return e.Err.Error()
}

// inOrder sorts what was found by the fields; what is about none of them is last.
func inOrder(variables []variable, found map[string]string) []Mistake {
	var mistakes []Mistake
	for _, v := range variables {
		if r, ok := found[v.name]; ok {
			mistakes = append(mistakes, Mistake{v.name, r})
			delete(found, v.name)
		}
	}
	rest := len(mistakes)
	for name, r := range found {
		mistakes = append(mistakes, Mistake{name, r})
	}
	slices.SortFunc(mistakes[rest:], func(a, b Mistake) int { return strings.Compare(a.Variable, b.Variable) })
	return mistakes
}
