package filter

import (
	"fmt"
	"regexp/syntax"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
)

// rules refuse what CEL would take and this house does not: what costs more than can be
// told beforehand, and what could never have a result.
type rules struct{}

// Name implements cel.ASTValidator.
func (rules) Name() string { return "spillway.filter" }

// Validate implements cel.ASTValidator.
func (rules) Validate(_ *cel.Env, _ cel.ValidatorConfig, a *ast.AST, found *cel.Issues) {
	ast.PreOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		reason := ""
		switch e.Kind() {
		case ast.StructKind:
			reason = "messages cannot be made here"
		case ast.CallKind:
			reason = callRule(a, e.AsCall())
		}
		if reason != "" {
			found.ReportErrorAtID(e.ID(), "%s", reason)
		}
	}))
}

// callRule returns what is wrong with a call, or nothing.
func callRule(a *ast.AST, call ast.CallExpr) string {
	switch call.FunctionName() {
	case overloads.Matches:
		return regexRule(call.Args()[len(call.Args())-1])
	case operators.Add, operators.Subtract, operators.Multiply, operators.Divide, operators.Modulo:
		return arithmeticRule(a, call.Args())
	case overloads.TimeGetFullYear, overloads.TimeGetMonth, overloads.TimeGetDayOfYear, overloads.TimeGetDate,
		overloads.TimeGetDayOfMonth, overloads.TimeGetDayOfWeek, overloads.TimeGetHours, overloads.TimeGetMinutes,
		overloads.TimeGetSeconds, overloads.TimeGetMilliseconds:
		if len(call.Args()) > 0 {
			return "times are of UTC here: no time zone can be named"
		}
	}
	return ""
}

// regexRule wants a pattern that is known, valid and small.
func regexRule(pattern ast.Expr) string {
	var text types.String
	ok := pattern.Kind() == ast.LiteralKind
	if ok {
		text, ok = pattern.AsLiteral().(types.String)
	}
	if !ok {
		return "the pattern of matches must be written out, as a string"
	}
	re, err := syntax.Parse(string(text), syntax.Perl)
	if err != nil {
		return err.Error()
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return err.Error()
	}
	if n := len(prog.Inst); n > MaxRegexSize {
		return fmt.Sprintf("the pattern has %d steps, at most %d are allowed", n, MaxRegexSize)
	}
	return ""
}

// arithmeticRule refuses an int where the other side is of the data, so a double if it is
// a number: CEL has no such arithmetic, and the filter would never match.
func arithmeticRule(a *ast.AST, args []ast.Expr) string {
	whole, unknown := false, false
	for _, arg := range args {
		switch a.GetType(arg.ID()).Kind() {
		case types.IntKind, types.UintKind:
			whole = true
		case types.DynKind:
			unknown = true
		}
	}
	if whole && unknown {
		return "numbers of data are doubles, and do not mix with ints: write 2.0 for 2, or int(data.x)"
	}
	return ""
}

// loops tells whether an expression has a comprehension, so that it depends on the event
// how often its parts are evaluated, or a regular expression, which is such a loop, too.
func loops(e ast.Expr) bool {
	found := false
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		regex := e.Kind() == ast.CallKind && e.AsCall().FunctionName() == overloads.Matches
		found = found || regex || e.Kind() == ast.ComprehensionKind
	}))
	return found
}
