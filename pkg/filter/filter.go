package filter

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/interpreter"
)

const (
	// MaxText is the longest text of a filter, in bytes: a list of a few hundred names has
	// room, and what takes longest to compile takes 25 milliseconds.
	MaxText = 4096
	// MaxCost limits what an evaluation may cost, by the estimate before and by what it
	// takes in fact. It is some loop over hundreds of elements, and about half a
	// millisecond.
	MaxCost = 5000
	// MaxRegexSize is how many steps a regular expression may have.
	MaxRegexSize = 128
	// MaxRegexText is the longest string that a regular expression looks at, in bytes: the
	// time that it takes goes with the product of both, and is a millisecond at most.
	MaxRegexText = 1024

	// maxNesting bounds the recursion over an expression.
	maxNesting = 64
)

// Filter is a compiled filter.
type Filter struct {
	text    string
	cost    uint64
	test    test        // what it is, if that can be asked
	program cel.Program // what it is else
}

// Compile returns the filter that text spells. Its errors are of type *Error.
func Compile(text string) (*Filter, error) {
	switch {
	case strings.TrimSpace(text) == "":
		return nil, &Error{Reason: "must not be empty"}
	case len(text) > MaxText:
		return nil, &Error{Reason: fmt.Sprintf("is %d bytes long, at most %d are allowed", len(text), MaxText)}
	case !utf8.ValidString(text):
		return nil, &Error{Reason: "is not UTF-8"}
	}
	env, err := language()
	if err != nil {
		return nil, &Error{Reason: err.Error()}
	}
	expr, found := env.Compile(text)
	if err := firstOf(found); err != nil {
		return nil, err
	}
	if kind := expr.OutputType().Kind(); kind != types.BoolKind && kind != types.DynKind {
		return nil, &Error{Reason: plain(fmt.Sprintf("must be true or false, and is of type %s", expr.OutputType()))}
	}
	return plan(env, expr, text)
}

// plan makes a filter of a checked expression, unless it costs too much.
func plan(env *cel.Env, expr *cel.Ast, text string) (*Filter, error) {
	estimate, err := env.EstimateCost(expr, estimator{})
	if err != nil {
		return nil, &Error{Reason: plain(err.Error())}
	}
	if estimate.Max > MaxCost {
		return nil, &Error{Reason: fmt.Sprintf("may cost %d, at most %d is allowed: loops in loops multiply", estimate.Max, MaxCost)}
	}
	f := &Filter{text: strings.TrimSpace(text), cost: max(1, estimate.Max), test: direct(expr.NativeRep().Expr())}
	if f.test != nil {
		return f, nil
	}
	if f.program, err = program(env, expr); err != nil {
		return nil, &Error{Reason: plain(err.Error())}
	}
	return f, nil
}

// program has CEL evaluate an expression.
func program(env *cel.Env, expr *cel.Ast) (cel.Program, error) {
	opts := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize), regexes()}
	if loops(expr.NativeRep().Expr()) {
		// CEL's own count takes longer than a simple filter, which does without: each part is
		// evaluated once, and pays for what it reads of the data, see Event.spend.
		opts = append(opts, cel.CostLimit(MaxCost))
	}
	return env.Program(expr, opts...)
}

// String returns the text of f, without the white space around it. Filters of equal
// texts are equal.
func (f *Filter) String() string { return f.text }

// Cost estimates what an evaluation of f costs at most, of an event whose lists, objects and strings
// have no more than 16 elements, members or characters. It is at least 1, and at most
// MaxCost. An evaluation of a larger event may cost up to MaxCost.
func (f *Filter) Cost() uint64 { return f.cost }

// Result is what a filter says about an event.
type Result int

const (
	// False is any result that is not true.
	False Result = iota
	// True is a match.
	True
	// None is no result: data that is not JSON, or lacks a field, for example.
	None
	// TooCostly is no result, either: the evaluation has reached MaxCost.
	TooCostly
)

// Match tells whether f is true for e.
func (f *Filter) Match(e *Event) bool { return f.Eval(e) == True }

// Eval returns what f says about e.
func (f *Filter) Eval(e *Event) Result {
	e.spent = 0
	if f.test != nil {
		return f.test.eval(e)
	}
	return eval(f.program, e)
}

// eval asks CEL.
func eval(p cel.Program, e *Event) Result {
	result, _, err := p.Eval(e)
	switch {
	case err == nil && result == types.True:
		return True
	case err == nil:
		return False
	}
	if cut := (interpreter.EvalCancelledError{}); errors.As(err, &cut) {
		return TooCostly
	}
	return None
}

// eval asks t.
func (t test) eval(e *Event) (r Result) {
	defer func() {
		switch cut := recover().(type) {
		case nil:
		case interpreter.EvalCancelledError:
			r = TooCostly
		default:
			panic(cut)
		}
	}()
	return t(e)
}
