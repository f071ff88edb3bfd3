package cloudformation

import (
	"maps"
	"slices"
	"strings"
)

// Conditions evaluate to bool. They are expressions of their own because {"Condition": "Name"} means a condition only here:
// in an IAM policy the same object is data.

type equalsFn struct{ left, right expression }

func (f equalsFn) children() []expression { return []expression{f.left, f.right} }

func (f equalsFn) evaluate(s *scope) (any, error) {
	l, err := f.left.evaluate(s)
	if err != nil {
		return nil, err
	}
	r, err := f.right.evaluate(s)
	if err != nil {
		return nil, err
	}
	return equal(l, r), nil
}

// manyFn is Fn::And (stop on false) or Fn::Or (stop on true).
type manyFn struct {
	stop  bool
	terms []expression
}

func (f manyFn) children() []expression { return f.terms }

func (f manyFn) evaluate(s *scope) (any, error) {
	for _, t := range f.terms {
		v, err := truth(t, s)
		if err != nil {
			return nil, err
		}
		if v == f.stop {
			return f.stop, nil
		}
	}
	return !f.stop, nil
}

type notFn struct{ term expression }

func (f notFn) children() []expression { return []expression{f.term} }

func (f notFn) evaluate(s *scope) (any, error) {
	v, err := truth(f.term, s)
	return !v, err
}

// conditionFn names another condition.
type conditionFn struct{ name string }

func (conditionFn) children() []expression { return nil }

func (f conditionFn) evaluate(s *scope) (any, error) { return s.conditions[f.name], nil }

func truth(e expression, s *scope) (bool, error) {
	v, err := e.evaluate(s)
	b, _ := v.(bool)
	return b, err
}

// ifFn is Fn::If; only the chosen value is evaluated.
type ifFn struct {
	condition   string
	then, else_ expression
}

func (f ifFn) children() []expression { return []expression{conditionFn{f.condition}, f.then, f.else_} }

func (f ifFn) evaluate(s *scope) (any, error) {
	if s.conditions[f.condition] {
		return f.then.evaluate(s)
	}
	return f.else_.evaluate(s)
}

func parseIf(arg any) (expression, error) {
	list, _ := arg.([]any)
	if len(list) == 3 {
		name, ok := list[0].(string)
		args, err := parseList(list[1:])
		if err != nil {
			return nil, err
		}
		if ok && name != "" {
			return ifFn{name, args[0], args[1]}, nil
		}
	}
	return nil, validationError("Template error: Fn::If requires a list argument with the first element being a condition")
}

// parseCondition builds one entry of the Conditions block.
func parseCondition(v any) (expression, error) {
	m, _ := v.(map[string]any)
	if len(m) != 1 {
		return nil, conditionShape()
	}
	if name, ok := m["Condition"].(string); ok {
		return conditionFn{name}, nil
	}
	for name, arg := range m {
		list, _ := arg.([]any)
		return parseConditionFunction(name, list)
	}
	return nil, conditionShape()
}

func parseConditionFunction(name string, list []any) (expression, error) {
	switch name {
	case "Fn::Equals":
		if len(list) != 2 {
			return nil, validationError("Template error: every Fn::Equals object requires a list of 2 string parameters.")
		}
		args, err := parseList(list)
		if err != nil {
			return nil, err
		}
		return equalsFn{args[0], args[1]}, nil
	case "Fn::Not":
		if len(list) != 1 {
			return nil, validationError("Template error: every Fn::Not object requires a list of 1 condition.")
		}
		term, err := parseCondition(list[0])
		return notFn{term}, err
	case "Fn::And", "Fn::Or":
		if len(list) < 2 || len(list) > 10 {
			return nil, validationError("Template error: every %s object requires a list of at least 2 and at most 10 conditions.", name)
		}
		terms := make([]expression, 0, len(list))
		for _, item := range list {
			t, err := parseCondition(item)
			if err != nil {
				return nil, err
			}
			terms = append(terms, t)
		}
		return manyFn{name == "Fn::Or", terms}, nil
	}
	return nil, conditionShape()
}

func conditionShape() *apiError {
	return validationError("Template format error: Every Conditions member must be a condition function: Fn::And, Fn::Equals, Fn::Not, Fn::Or or Condition.")
}

// evaluateConditions fills s.conditions; a condition is evaluated after those it names.
func evaluateConditions(conditions map[string]expression, s *scope) error {
	s.conditions = make(map[string]bool, len(conditions))
	order, err := conditionOrder(conditions)
	if err != nil {
		return err
	}
	for _, name := range order {
		v, err := truth(conditions[name], s)
		if err != nil {
			return err
		}
		s.conditions[name] = v
	}
	return nil
}

// conditionOrder puts conditions after those they name.
func conditionOrder(conditions map[string]expression) ([]string, error) {
	edges := make(map[string][]string, len(conditions))
	for name, e := range conditions {
		edges[name] = conditionNames(e)
	}
	order, cycle := topological(slices.Sorted(maps.Keys(conditions)), edges)
	if cycle != nil {
		return nil, validationError("Template error: Found circular condition dependency between %s", strings.Join(cycle, ", "))
	}
	return order, nil
}

func conditionNames(e expression) []string {
	var names []string
	walk(e, func(e expression) {
		if c, ok := e.(conditionFn); ok {
			names = append(names, c.name)
		}
	})
	return names
}
