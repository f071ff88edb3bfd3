package pattern

import (
	"encoding/json"
	"errors"
)

// maxNumber is the greatest number that EventBridge compares, and its negative the smallest.
const maxNumber = 5e9

// numericRule reads ["=", n], [op, n] or [lower op, n, upper op, n].
func numericRule(operand any) (rule, error) {
	list, ok := operand.([]any)
	if !ok || len(list) != 2 && len(list) != 4 {
		return nil, errors.New("must be a list of one or two comparisons")
	}
	first, err := parseComparison(list)
	if err != nil {
		return nil, err
	}
	if len(list) == 2 {
		return onNumber(first.holds), nil
	}
	second, err := parseComparison(list[2:])
	if err != nil {
		return nil, err
	}
	switch {
	case first.operator != ">" && first.operator != ">=" || second.operator != "<" && second.operator != "<=":
		return nil, errors.New("a range has a lower bound and then an upper one")
	case first.bound >= second.bound:
		return nil, errors.New("the lower bound must be less than the upper one")
	}
	return onNumber(func(n float64) bool { return first.holds(n) && second.holds(n) }), nil
}

func onNumber(matches func(float64) bool) rule {
	return func(v any) bool {
		number, ok := v.(json.Number)
		if !ok {
			return false
		}
		n, err := number.Float64()
		return err == nil && n >= -maxNumber && n <= maxNumber && matches(n)
	}
}

type comparison struct {
	operator string
	bound    float64
}

func parseComparison(list []any) (comparison, error) {
	operator, ok := list[0].(string)
	if !ok {
		return comparison{}, errors.New("must begin with =, <, <=, > or >=")
	}
	number, ok := list[1].(json.Number)
	if !ok {
		return comparison{}, errors.New("must compare with a number")
	}
	bound, err := number.Float64()
	if err != nil || bound < -maxNumber || bound > maxNumber {
		return comparison{}, errors.New("numbers must be within -5.0e9 and 5.0e9")
	}
	switch operator {
	case "=", "<", "<=", ">", ">=":
		return comparison{operator: operator, bound: bound}, nil
	}
	return comparison{}, errors.New("must begin with =, <, <=, > or >=")
}

func (c comparison) holds(n float64) bool {
	switch c.operator {
	case "=":
		return n == c.bound
	case "<":
		return n < c.bound
	case "<=":
		return n <= c.bound
	case ">":
		return n > c.bound
	default:
		return n >= c.bound
	}
}
