package filter

import (
	"bytes"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
)

// test is a filter, or a part of one, that is evaluated without CEL. It says True, False
// or None, and panics where [Event.spend] does.
type test func(*Event) Result

// direct returns the test that is the same as a checked expression; nil if that is not
// made of what most filters are made of, and is left to CEL: fields that are compared with
// constants, looked for in a list of them, or asked for by has, joined by &&, || and !.
//
// A profile of data.t > 90 shows CEL's interpreter on its way from one step to the next, and
// in the allocator, for every number and string that it passes on, and for an error where
// a field is not there, which to who writes filters is none: 240 to 290 ns and one to three
// allocations. A test takes 75 ns, half of it to find the member and to parse the number,
// and allocates nothing. It spends what CEL would have spent, at the same places.
// TestDirectComparesAsCEL and FuzzDirect hold it against CEL.
func direct(e ast.Expr) test {
	if f, ok := fieldOf(e); ok {
		return f.flag(False) // a filter that is no bool is not true
	}
	return part(e)
}

// part is direct for a part of an expression.
func part(e ast.Expr) test {
	if f, ok := fieldOf(e); ok {
		return f.flag(None) // while && and || take nothing but bools
	}
	switch e.Kind() {
	case ast.SelectKind:
		return presence(e.AsSelect())
	case ast.CallKind:
		return callOf(e.AsCall())
	}
	return nil
}

func callOf(call ast.CallExpr) test {
	args := call.Args()
	switch fn := call.FunctionName(); fn {
	case operators.LogicalAnd:
		return junction(args, False)
	case operators.LogicalOr:
		return junction(args, True)
	case operators.LogicalNot:
		return negation(args[0])
	case operators.In:
		return membership(args[0], args[1])
	case operators.Equals, operators.NotEquals:
		return equality(args[0], args[1], fn == operators.Equals)
	case operators.Less:
		return order(args[0], args[1], accepts{less: true})
	case operators.LessEquals:
		return order(args[0], args[1], accepts{less: true, equal: true})
	case operators.Greater:
		return order(args[0], args[1], accepts{greater: true})
	case operators.GreaterEquals:
		return order(args[0], args[1], accepts{greater: true, equal: true})
	case overloads.StartsWith:
		return substring(call, bytes.HasPrefix)
	case overloads.EndsWith:
		return substring(call, bytes.HasSuffix)
	case overloads.Contains:
		return substring(call, bytes.Contains)
	}
	return nil
}

// junction is && or ||: what decides is enough on any side, and what has no result
// matters if nothing decides. Like CEL it asks from left to right.
func junction(args []ast.Expr, decides Result) test {
	tests := make([]test, len(args))
	for i, arg := range args {
		if tests[i] = part(arg); tests[i] == nil {
			return nil
		}
	}
	return func(e *Event) Result {
		all := opposite(decides)
		for _, t := range tests {
			switch t(e) {
			case decides:
				return decides
			case None:
				all = None
			}
		}
		return all
	}
}

func negation(arg ast.Expr) test {
	t := part(arg)
	if t == nil {
		return nil
	}
	return func(e *Event) Result { return opposite(t(e)) }
}

func opposite(r Result) Result {
	switch r {
	case True:
		return False
	case False:
		return True
	}
	return r
}

func resultOf(b bool) Result {
	if b {
		return True
	}
	return False
}

// presence is has. To CEL there is nothing in what is neither object nor list, and no
// telling by name what is in a list.
func presence(sel ast.SelectExpr) test {
	in, ok := holderOf(sel.Operand())
	if !ok || !sel.IsTestOnly() {
		return nil
	}
	name := sel.FieldName()
	return func(e *Event) Result {
		n := in.node(e)
		if n == nil {
			return None
		}
		if n.kind != kindObject {
			if n.kind == kindList || !n.charge() {
				return None
			}
			return False
		}
		if n = (*object)(n).member(name); n == nil {
			return False
		}
		var v atom
		if !n.read(&v) {
			return None
		}
		return True
	}
}

// equality is == or !=. What is of another type is not equal.
func equality(left, right ast.Expr, want bool) test {
	f, c, ok := fieldAndConstant(left, right)
	if !ok {
		f, c, ok = fieldAndConstant(right, left)
	}
	if !ok {
		return nil
	}
	return func(e *Event) Result {
		var v atom
		if !f.value(e, &v) {
			return None
		}
		return resultOf(v.equal(&c) == want)
	}
}

// accepts says which orders of two values a comparison is true for.
type accepts struct{ less, equal, greater bool }

// order is <, <=, > or >=. What is of another type has no order.
func order(left, right ast.Expr, is accepts) test {
	f, c, ok := fieldAndConstant(left, right)
	if !ok {
		is.less, is.greater = is.greater, is.less
		f, c, ok = fieldAndConstant(right, left)
	}
	if !ok {
		return nil
	}
	return func(e *Event) Result {
		var v atom
		if !f.value(e, &v) {
			return None
		}
		switch order, ok := v.compare(&c); {
		case !ok:
			return None
		case order < 0:
			return resultOf(is.less)
		case order > 0:
			return resultOf(is.greater)
		}
		return resultOf(is.equal)
	}
}

// membership is in, of a list of constants.
func membership(elem, list ast.Expr) test {
	f, ok := fieldOf(elem)
	if !ok || list.Kind() != ast.ListKind || list.AsList().Size() == 0 {
		return nil
	}
	s := set{strings: map[string]bool{}, numbers: map[float64]bool{}}
	for _, e := range list.AsList().Elements() {
		c, ok := constantOf(e)
		if !ok {
			return nil
		}
		s.add(&c)
	}
	return func(e *Event) Result {
		var v atom
		if !f.value(e, &v) {
			return None
		}
		return resultOf(s.has(&v))
	}
}

// substring is one of the methods of strings that take another one.
func substring(call ast.CallExpr, has func(s, part []byte) bool) test {
	if !call.IsMemberFunction() {
		return nil
	}
	f, c, ok := fieldAndConstant(call.Target(), call.Args()[0])
	if !ok || c.kind != kindString {
		return nil
	}
	return func(e *Event) Result {
		var v atom
		if !f.value(e, &v) || v.kind != kindString {
			return None
		}
		return resultOf(has(v.text, c.text))
	}
}

// constantOf returns the value of a literal.
func constantOf(e ast.Expr) (atom, bool) {
	if e.Kind() != ast.LiteralKind {
		return atom{}, false
	}
	switch v := e.AsLiteral().(type) {
	case types.Null:
		return atom{kind: kindNull}, true
	case types.Bool:
		if v {
			return atom{kind: kindTrue}, true
		}
		return atom{kind: kindFalse}, true
	case types.Int: // which CEL makes a double of, too, to compare it with one
		return atom{kind: kindNumber, number: float64(v)}, true
	case types.Uint:
		return atom{kind: kindNumber, number: float64(v)}, true
	case types.Double:
		return atom{kind: kindNumber, number: float64(v)}, true
	case types.String:
		return atom{kind: kindString, text: []byte(v)}, true
	}
	return atom{}, false
}

func fieldAndConstant(a, b ast.Expr) (f field, c atom, ok bool) {
	f, ok = fieldOf(a)
	if !ok {
		return f, c, false
	}
	c, ok = constantOf(b)
	return f, c, ok
}
