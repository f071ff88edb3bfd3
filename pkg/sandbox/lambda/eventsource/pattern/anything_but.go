package pattern

import (
	"encoding/json"
	"errors"
	"fmt"
)

// anythingBut reads a value or a list of them, or an operator on strings with one or several operands. It matches values
// that are there and none of those.
func anythingBut(operand any) (rule, error) {
	if expression, ok := operand.(map[string]any); ok {
		return anythingButText(expression)
	}
	values, ok := operand.([]any)
	if !ok {
		values = []any{operand}
	}
	if len(values) == 0 {
		return nil, errors.New("must have a value")
	}
	but := make(map[any]bool, len(values))
	for _, v := range values {
		if !sameKind(v, values[0]) {
			return nil, errors.New("must have strings only, or numbers only")
		}
		but[v] = true
	}
	return func(v any) bool { return v != absent{} && !but[v] }, nil
}

// sameKind tells whether two values are both strings or both numbers.
func sameKind(a, b any) bool {
	_, text := a.(string)
	_, otherText := b.(string)
	_, number := a.(json.Number)
	_, otherNumber := b.(json.Number)
	return text && otherText || number && otherNumber
}

func anythingButText(expression map[string]any) (rule, error) {
	if len(expression) != 1 {
		return nil, errors.New("must have exactly one operator")
	}
	var buts []func(string) bool
	for operator, operand := range expression {
		operands, ok := operand.([]any)
		if !ok {
			operands = []any{operand}
		}
		if len(operands) == 0 {
			return nil, fmt.Errorf("%s: must have a value", operator)
		}
		for _, o := range operands {
			but, err := textMatch(operator, o)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", operator, err)
			}
			buts = append(buts, but)
		}
	}
	return onString(func(s string) bool {
		for _, but := range buts {
			if but(s) {
				return false
			}
		}
		return true
	}), nil
}
