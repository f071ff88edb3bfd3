package cloudformation

import (
	"encoding/base64"
	"strings"
)

// joinFn is Fn::Join.
type joinFn struct {
	delimiter string
	items     expression
}

func (f joinFn) children() []expression { return []expression{f.items} }

func (f joinFn) evaluate(s *scope) (any, error) {
	items, err := s.texts(f.items, "Fn::Join's second parameter")
	if err != nil {
		return nil, err
	}
	out := strings.Join(items, f.delimiter)
	return out, s.spend(len(out))
}

func parseJoin(arg any) (expression, error) {
	list, _ := arg.([]any)
	if len(list) == 2 {
		delimiter, ok := list[0].(string)
		items, err := parseExpression(list[1])
		if err != nil {
			return nil, err
		}
		if _, scalar := items.(literal); ok && !scalar {
			return joinFn{delimiter, items}, nil
		}
	}
	return nil, validationError("Template error: every Fn::Join object requires two parameters, (1) a string delimiter and " +
		"(2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.")
}

// splitFn is Fn::Split.
type splitFn struct {
	delimiter string
	source    expression
}

func (f splitFn) children() []expression { return []expression{f.source} }

func (f splitFn) evaluate(s *scope) (any, error) {
	text, err := s.text(f.source, "the source of Fn::Split")
	if err != nil {
		return nil, err
	}
	parts := splitAround(text, f.delimiter)
	out := make([]any, len(parts))
	for i, p := range parts {
		out[i] = p
	}
	return out, nil
}

func parseSplit(arg any) (expression, error) {
	list, _ := arg.([]any)
	if len(list) == 2 {
		if delimiter, ok := list[0].(string); ok && delimiter != "" {
			source, err := parseExpression(list[1])
			return splitFn{delimiter, source}, err
		}
	}
	return nil, validationError("Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.")
}

// base64Fn is Fn::Base64.
type base64Fn struct{ source expression }

func (f base64Fn) children() []expression { return []expression{f.source} }

func (f base64Fn) evaluate(s *scope) (any, error) {
	text, err := s.text(f.source, "the argument of Fn::Base64")
	if err != nil {
		return nil, err
	}
	if hole, unsure := derived(text); unsure {
		return hole, nil
	}
	out := base64.StdEncoding.EncodeToString([]byte(text))
	return out, s.spend(len(out))
}

func parseBase64(arg any) (expression, error) {
	source, err := parseExpression(arg)
	if err != nil {
		return nil, err
	}
	bad := false
	switch t := source.(type) {
	case literal:
		_, text := t.value.(string)
		bad = !text
	case listExpr, mapExpr:
		bad = true
	}
	if bad {
		return nil, validationError("Template error: every Fn::Base64 object must have a String-typed value.")
	}
	return base64Fn{source}, nil
}

// subFn is Fn::Sub: literal text and what stands between ${ and }.
type subFn struct{ parts []expression }

func (f subFn) children() []expression { return f.parts }

func (f subFn) evaluate(s *scope) (any, error) {
	var b strings.Builder
	for _, p := range f.parts {
		text, err := s.text(p, "every value in Fn::Sub")
		if err != nil {
			return nil, err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

func parseSub(arg any) (expression, error) {
	text, ok := arg.(string)
	vars := map[string]any{}
	if list, isList := arg.([]any); isList && len(list) == 2 {
		text, ok = list[0].(string)
		if vars, isList = list[1].(map[string]any); !isList {
			ok = false
		}
	}
	if !ok {
		return nil, validationError("Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. " +
			"Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string")
	}
	return parseSubText(text, vars)
}

func parseSubText(text string, vars map[string]any) (expression, error) {
	values := make(map[string]expression, len(vars))
	for name, v := range vars {
		e, err := parseExpression(v)
		if err != nil {
			return nil, err
		}
		values[name] = e
	}
	var parts []expression
	for {
		before, rest, found := strings.Cut(text, "${")
		if !found {
			return subFn{append(parts, literal{text})}, nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, validationError("Template error: Fn::Sub has a ${ without its closing brace.")
		}
		part, err := subPart(strings.TrimSpace(name), values)
		if err != nil {
			return nil, err
		}
		parts = append(parts, literal{before}, part)
		text = after
	}
}

// subPart is one ${...}: !name is literal text, a.b an attribute, a name of the mapping its value, and the rest a Ref.
func subPart(name string, values map[string]expression) (expression, error) {
	if raw, escaped := strings.CutPrefix(name, "!"); escaped {
		return literal{"${" + raw + "}"}, nil
	}
	if v, ok := values[name]; ok {
		return v, nil
	}
	if name == "" || strings.ContainsAny(name, " ${") {
		return nil, validationError("Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons")
	}
	if resource, attribute, dotted := strings.Cut(name, "."); dotted {
		return parseGetAtt([]any{resource, attribute})
	}
	return refFn{name}, nil
}
