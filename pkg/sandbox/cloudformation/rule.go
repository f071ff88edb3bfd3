package cloudformation

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// rule is one entry of the Rules block: what has to hold for parameters, and when.
type rule struct {
	name       string
	condition  expression // nil: always
	assertions []assertion
}

type assertion struct {
	term        expression
	description string
}

func (t *template) readRules(sections map[string]any) error {
	m, err := section(sections, "Rules", maxResources)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		body, _ := m[name].(map[string]any)
		r := rule{name: name}
		for _, key := range slices.Sorted(maps.Keys(body)) {
			switch key {
			case "RuleCondition":
				r.condition, err = t.parseRuleTerm(body[key])
			case "Assertions":
				r.assertions, err = t.readAssertions(name, body[key])
			default:
				err = validationError("Template format error: [/Rules/%s] encountered unsupported property %s", name, clip(key))
			}
			if err != nil {
				return err
			}
		}
		if r.assertions == nil {
			return validationError("Template format error: Every Rules member must contain Assertions; %s does not.", name)
		}
		t.rules = append(t.rules, r)
	}
	return nil
}

func (t *template) readAssertions(name string, v any) ([]assertion, error) {
	items, _ := v.([]any)
	out := make([]assertion, 0, len(items))
	for _, item := range items {
		body, _ := item.(map[string]any)
		raw, ok := body["Assert"]
		if !ok {
			return nil, validationError("Template format error: Every Assertions member must contain an Assert; one of rule %s does not.", name)
		}
		term, err := t.parseRuleTerm(raw)
		if err != nil {
			return nil, err
		}
		description, _ := body["AssertDescription"].(string)
		out = append(out, assertion{term, description})
	}
	return out, nil
}

// parseRuleTerm builds a rule's condition or assertion: rule functions around parameters and literals.
func (t *template) parseRuleTerm(v any) (expression, error) {
	m, _ := v.(map[string]any)
	name, arg, ok := functionCall(m)
	list, _ := arg.([]any)
	switch {
	case !ok:
		return nil, ruleShape()
	case name == "Fn::And" || name == "Fn::Or":
		if len(list) < 2 || len(list) > 10 {
			return nil, validationError("Template error: every %s object requires a list of at least 2 and at most 10 conditions.", name)
		}
		terms, err := t.parseRuleTerms(list)
		return manyFn{name == "Fn::Or", terms}, err
	case name == "Fn::Not":
		terms, err := t.parseRuleTerms(list)
		if err != nil || len(terms) != 1 {
			return nil, validationError("Template error: every Fn::Not object requires a list of 1 condition.")
		}
		return notFn{terms[0]}, nil
	}
	if !slices.Contains([]string{"Fn::Equals", "Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn"}, name) {
		return nil, ruleShape()
	}
	if len(list) != 2 {
		return nil, validationError("Template error: every %s object requires a list of 2 parameters.", name)
	}
	left, err := t.parseRuleValue(list[0])
	if err != nil {
		return nil, err
	}
	right, err := t.parseRuleValue(list[1])
	if err != nil {
		return nil, err
	}
	if name == "Fn::Equals" {
		return equalsFn{left, right}, nil
	}
	return memberFn{name, left, right}, nil
}

func (t *template) parseRuleTerms(list []any) ([]expression, error) {
	out := make([]expression, 0, len(list))
	for _, item := range list {
		term, err := t.parseRuleTerm(item)
		if err != nil {
			return nil, err
		}
		out = append(out, term)
	}
	return out, nil
}

func ruleShape() *apiError {
	return validationError("Template format error: Rules may use Fn::And, Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::Equals, Fn::Not, Fn::Or, " +
		"Fn::RefAll and Ref; Fn::ValueOf and Fn::ValueOfAll are not supported by this emulator.")
}

// parseRuleValue builds what a rule compares: a literal, a list, Ref to a parameter, or Fn::RefAll of a parameter type.
func (t *template) parseRuleValue(v any) (expression, error) {
	m, isMap := v.(map[string]any)
	if list, isList := v.([]any); isList {
		out := make(listExpr, 0, len(list))
		for _, item := range list {
			e, err := t.parseRuleValue(item)
			if err != nil {
				return nil, err
			}
			out = append(out, e)
		}
		return out, nil
	}
	if !isMap {
		return literal{v}, nil
	}
	name, arg, _ := functionCall(m)
	text, _ := arg.(string)
	switch name {
	case "Ref":
		if _, ok := t.parameters[text]; !ok && !isPseudo(text) {
			return nil, validationError("Template format error: Unresolved dependencies [%s]. Cannot reference resources in the Rules block of the template", clip(text))
		}
		return refFn{text}, nil
	case "Fn::RefAll":
		var out listExpr
		for _, parameter := range slices.Sorted(maps.Keys(t.parameters)) {
			if strings.TrimSuffix(strings.TrimPrefix(t.parameters[parameter].typ, "List<"), ">") == text {
				out = append(out, refFn{parameter})
			}
		}
		return flatFn{out}, nil
	}
	return nil, ruleShape()
}

// flatFn is a list whose items that are lists themselves are taken item by item.
type flatFn struct{ items listExpr }

func (f flatFn) children() []expression { return f.items }

func (f flatFn) evaluate(s *scope) (any, error) {
	v, err := f.items.evaluate(s)
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, item := range asList(v) {
		out = append(out, asList(item)...)
	}
	return out, nil
}

// memberFn is Fn::Contains (a list has a value), Fn::EachMemberEquals (all of a list are a value) or Fn::EachMemberIn (all of a
// list are in another).
type memberFn struct {
	name        string
	left, right expression
}

func (f memberFn) children() []expression { return []expression{f.left, f.right} }

func (f memberFn) evaluate(s *scope) (any, error) {
	l, err := f.left.evaluate(s)
	if err != nil {
		return nil, err
	}
	r, err := f.right.evaluate(s)
	if err != nil {
		return nil, err
	}
	switch f.name {
	case "Fn::Contains":
		return contains(asList(l), r), nil
	case "Fn::EachMemberIn":
		return !slices.ContainsFunc(asList(l), func(v any) bool { return !contains(asList(r), v) }), nil
	}
	return !slices.ContainsFunc(asList(l), func(v any) bool { return !equal(v, r) }), nil
}

func contains(list []any, v any) bool {
	return slices.ContainsFunc(list, func(item any) bool { return equal(item, v) })
}

func asList(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

// equal compares scalars by their text, as conditions do.
func equal(l, r any) bool {
	lt, lok := scalarText(l)
	rt, rok := scalarText(r)
	if lok && rok {
		return lt == rt
	}
	return reflect.DeepEqual(l, r)
}

// obey evaluates the rules. One about a value that is still to be made is not judged.
func (t *template) obey(sc *scope) error {
	for _, r := range t.rules {
		if r.condition != nil {
			holds, err := truth(r.condition, sc)
			if err != nil {
				return err
			}
			if !holds {
				continue
			}
		}
		for _, a := range r.assertions {
			holds, err := truth(a.term, sc)
			if err != nil {
				return err
			}
			if !holds && !unsure(a.term, sc) {
				return validationError("Rule %s failed with: %s", r.name, a.description)
			}
		}
	}
	return nil
}

// unsure says whether an expression reads a parameter whose value has placeholders.
func unsure(e expression, sc *scope) bool {
	found := false
	walk(e, func(e expression) {
		if f, ok := e.(refFn); ok && unmade(sc.parameters[f.name]) {
			found = true
		}
	})
	return found
}
