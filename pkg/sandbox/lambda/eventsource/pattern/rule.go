package pattern

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// rule tells whether a value matches: a string, json.Number, bool or nil, or absent.
type rule func(value any) bool

// parseRule reads a value or an object with one operator.
func parseRule(raw json.RawMessage) (rule, error) {
	value, err := decode(raw)
	if err != nil {
		return nil, err
	}
	switch v := value.(type) {
	case []any:
		return nil, errors.New("a list inside a list is not allowed")
	case map[string]any:
		return parseOperator(v)
	}
	return equals(value), nil
}

func decode(raw []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var value any
	err := dec.Decode(&value)
	return value, err
}

func equals(want any) rule { return func(v any) bool { return v == want } }

// onString makes a rule that no other kind of value matches.
func onString(matches func(string) bool) rule {
	return func(v any) bool {
		s, ok := v.(string)
		return ok && matches(s)
	}
}

func parseOperator(expression map[string]any) (rule, error) {
	if len(expression) != 1 {
		return nil, errors.New("a match expression has exactly one operator")
	}
	for operator, operand := range expression {
		r, err := operatorRule(operator, operand)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", operator, err)
		}
		return r, nil
	}
	panic("unreachable")
}

func operatorRule(operator string, operand any) (rule, error) {
	switch operator {
	case "exists":
		return existsRule(operand)
	case "numeric":
		return numericRule(operand)
	case "cidr":
		return cidrRule(operand)
	case "anything-but":
		return anythingBut(operand)
	}
	matches, err := textMatch(operator, operand)
	if err != nil {
		return nil, err
	}
	return onString(matches), nil
}

// textMatch reads an operator on strings.
func textMatch(operator string, operand any) (func(string) bool, error) {
	if folded, ok := operand.(map[string]any); ok && (operator == "prefix" || operator == "suffix") {
		return foldedAffix(operator, folded)
	}
	want, ok := operand.(string)
	if !ok {
		return nil, errors.New("must have a string")
	}
	switch operator {
	case "prefix":
		return func(s string) bool { return strings.HasPrefix(s, want) }, nil
	case "suffix":
		return func(s string) bool { return strings.HasSuffix(s, want) }, nil
	case "equals-ignore-case":
		return func(s string) bool { return strings.EqualFold(s, want) }, nil
	case "wildcard":
		return parseWildcard(want)
	}
	return nil, errors.New("no such operator")
}

// foldedAffix reads {"equals-ignore-case": "x"} of a prefix or a suffix.
func foldedAffix(operator string, operand map[string]any) (func(string) bool, error) {
	text, ok := operand["equals-ignore-case"].(string)
	if !ok || len(operand) != 1 {
		return nil, errors.New("must have a string, or equals-ignore-case with one")
	}
	want := []rune(text)
	return func(s string) bool {
		have := []rune(s)
		if len(have) < len(want) {
			return false
		}
		part := have[:len(want)]
		if operator == "suffix" {
			part = have[len(have)-len(want):]
		}
		return strings.EqualFold(string(part), text)
	}, nil
}

func existsRule(operand any) (rule, error) {
	want, ok := operand.(bool)
	if !ok {
		return nil, errors.New("must be true or false")
	}
	return func(v any) bool { return (v != absent{}) == want }, nil
}

func cidrRule(operand any) (rule, error) {
	text, ok := operand.(string)
	if !ok {
		return nil, errors.New("must have a string")
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return nil, err
	}
	return onString(func(s string) bool {
		address, err := netip.ParseAddr(s)
		return err == nil && network.Contains(address)
	}), nil
}
