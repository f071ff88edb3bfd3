package cloudformation

import (
	"maps"
	"slices"
	"strings"
)

// expression is a template value that may hold intrinsic functions. It is built once, when the template is read, so
// that a malformed function is told before anything is made.
type expression interface {
	evaluate(s *scope) (any, error)
	// children are the expressions directly inside, for walking over what a value refers to.
	children() []expression
}

// noValue is what Ref AWS::NoValue evaluates to: the property or list item that holds it goes away.
type noValue struct{}

type literal struct{ value any }

func (l literal) evaluate(*scope) (any, error) { return l.value, nil }
func (literal) children() []expression         { return nil }

type listExpr []expression

func (l listExpr) children() []expression { return l }

func (l listExpr) evaluate(s *scope) (any, error) {
	out := make([]any, 0, len(l))
	for _, e := range l {
		v, err := e.evaluate(s)
		if err != nil {
			return nil, err
		}
		if _, drop := v.(noValue); !drop {
			out = append(out, v)
		}
	}
	return out, nil
}

type mapExpr map[string]expression

func (m mapExpr) children() []expression {
	out := make([]expression, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[k])
	}
	return out
}

func (m mapExpr) evaluate(s *scope) (any, error) {
	out := make(map[string]any, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		v, err := m[k].evaluate(s)
		if err != nil {
			return nil, err
		}
		if _, drop := v.(noValue); !drop {
			out[k] = v
		}
	}
	return out, nil
}

// parseExpression builds the expression of a value outside of conditions.
func parseExpression(v any) (expression, error) {
	switch t := v.(type) {
	case map[string]any:
		return parseMap(t)
	case []any:
		return parseList(t)
	default:
		return literal{v}, nil
	}
}

func parseList(items []any) (listExpr, error) {
	out := make(listExpr, 0, len(items))
	for _, item := range items {
		e, err := parseExpression(item)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func parseMap(m map[string]any) (expression, error) {
	if name, arg, ok := functionCall(m); ok {
		return parseFunction(name, arg)
	}
	out := make(mapExpr, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if strings.HasPrefix(k, "Fn::") {
			return nil, validationError("Template error: %s must be the only key of its object.", clip(k))
		}
		e, err := parseExpression(m[k])
		if err != nil {
			return nil, err
		}
		out[k] = e
	}
	return out, nil
}

// functionCall says whether m is a function: an object of one key, Ref or Fn::something.
func functionCall(m map[string]any) (name string, arg any, ok bool) {
	if len(m) != 1 {
		return "", nil, false
	}
	for k, v := range m {
		if k == "Ref" || strings.HasPrefix(k, "Fn::") {
			return k, v, true
		}
	}
	return "", nil, false
}

func parseFunction(name string, arg any) (expression, error) {
	switch name {
	case "Ref":
		return parseRef(arg)
	case "Fn::GetAtt":
		return parseGetAtt(arg)
	case "Fn::Sub":
		return parseSub(arg)
	case "Fn::Join":
		return parseJoin(arg)
	case "Fn::Select":
		return parseSelect(arg)
	case "Fn::Split":
		return parseSplit(arg)
	case "Fn::If":
		return parseIf(arg)
	case "Fn::FindInMap":
		return parseFindInMap(arg)
	case "Fn::ImportValue":
		return parseImportValue(arg)
	case "Fn::GetAZs":
		return parseGetAZs(arg)
	case "Fn::Cidr":
		return parseCidr(arg)
	case "Fn::Base64":
		return parseBase64(arg)
	case "Fn::ToJsonString":
		return parseToJSON(arg)
	case "Fn::Length":
		return parseLength(arg)
	case "Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not":
		return nil, validationError("Template error: %s may only be used in the Conditions block.", name)
	}
	return nil, unsupportedFunction(name)
}

func unsupportedFunction(name string) *apiError {
	return validationError("Template error: Encountered unsupported function: %s Supported functions are: "+
		"[Ref, Fn::Base64, Fn::Cidr, Fn::FindInMap, Fn::GetAtt, Fn::GetAZs, Fn::If, Fn::ImportValue, Fn::Join, Fn::Select, Fn::Split, Fn::Sub]", clip(name))
}

// walk visits e and everything inside it.
func walk(e expression, visit func(expression)) {
	if e == nil {
		return
	}
	visit(e)
	for _, c := range e.children() {
		walk(c, visit)
	}
}
