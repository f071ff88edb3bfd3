package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxFaults is the number of violated constraints that one message names.
const maxFaults = 10

// maxShown bounds what a message repeats of a value.
const maxShown = 256

// Validate checks fields against the constraints of the operation's input. It returns the service's message, "" if
// every constraint holds.
func (o *Operation) Validate(in Fields) string {
	c := &checker{}
	c.structure(o.input, in, "")
	switch len(c.faults) {
	case 0:
		return ""
	case 1:
		return "1 validation error detected: " + c.faults[0]
	default:
		return fmt.Sprintf("%d validation errors detected: %s", len(c.faults), strings.Join(c.faults, "; "))
	}
}

type checker struct{ faults []string }

// add tells one fault; shown is how the value is quoted, "" for a secret one.
func (c *checker) add(path, shown, rule string) {
	if len(c.faults) == maxFaults {
		return
	}
	if shown != "" {
		shown += " "
	}
	c.faults = append(c.faults, fmt.Sprintf("Value %sat '%s' failed to satisfy constraint: %s", shown, path, rule))
}

func (c *checker) structure(s *Shape, in Fields, prefix string) {
	for _, f := range s.Fields {
		path := prefix + lowerFirst(f.Name)
		v, ok := in[f.Name]
		switch {
		case ok:
			c.value(f.Shape, v, path)
		case f.Required:
			c.add(path, "null", "Member must not be null")
		}
	}
}

func (c *checker) value(s *Shape, v any, path string) {
	for _, rule := range violations(s, v) {
		c.add(path, quote(s, v), rule)
	}
	switch v := v.(type) {
	case Fields:
		c.structure(s, v, path+".")
	case []any:
		c.list(s, v, path)
	case map[string]any:
		c.entries(s, v, path)
	}
}

// list tells violated constraints of elements as one of the list, unless the elements are structures.
func (c *checker) list(s *Shape, items []any, path string) {
	if s.Member.Kind != Structure {
		c.each(s.Member, items, path, quote(s, items), "Member must satisfy constraint: ")
		return
	}
	for i, item := range items {
		c.value(s.Member, item, fmt.Sprintf("%s.%d.member", path, i+1))
	}
}

func (c *checker) entries(s *Shape, entries map[string]any, path string) {
	var keys, values []any
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		keys, values = append(keys, key), append(values, entries[key])
	}
	shown := quote(s, entries)
	c.each(s.Key, keys, path, shown, "Map keys must satisfy constraint: ")
	c.each(s.Member, values, path, shown, "Map value must satisfy constraint: ")
}

func (c *checker) each(s *Shape, items []any, path, shown, words string) {
	for _, item := range items {
		if len(violations(s, item)) > 0 {
			c.add(path, shown, words+"["+strings.Join(rules(s), ", ")+"]")
			return
		}
	}
}

// violations are the constraints that v violates itself, apart from what is in it.
func violations(s *Shape, v any) []string {
	switch v := v.(type) {
	case string:
		return slices.Concat(lengthRule(s, utf8.RuneCountInString(v)), patternRule(s, v), enumRule(s, v))
	case int64:
		return rangeRule(s, v)
	case []any:
		return lengthRule(s, len(v))
	case map[string]any:
		return lengthRule(s, len(v))
	default:
		return nil
	}
}

// rules are all constraints of a shape.
func rules(s *Shape) []string {
	all := slices.Concat(lengthRule(s, -1), patternRule(s, ""), enumRule(s, ""))
	if s.Max != nil {
		all = append([]string{fmt.Sprintf("Member must have length less than or equal to %d", *s.Max)}, all...)
	}
	return all
}

func lengthRule(s *Shape, n int) []string {
	switch {
	case s.Max != nil && int64(n) > *s.Max:
		return []string{fmt.Sprintf("Member must have length less than or equal to %d", *s.Max)}
	case s.Min != nil && int64(n) < *s.Min:
		return []string{fmt.Sprintf("Member must have length greater than or equal to %d", *s.Min)}
	default:
		return nil
	}
}

func rangeRule(s *Shape, n int64) []string {
	switch {
	case s.Max != nil && n > *s.Max:
		return []string{fmt.Sprintf("Member must have value less than or equal to %d", *s.Max)}
	case s.Min != nil && n < *s.Min:
		return []string{fmt.Sprintf("Member must have value greater than or equal to %d", *s.Min)}
	default:
		return nil
	}
}

func patternRule(s *Shape, v string) []string {
	if s.Pattern == nil || (v != "" && s.Pattern.MatchString(v)) {
		return nil
	}
	shown := strings.TrimSuffix(strings.TrimPrefix(s.Pattern.String(), "^"), "$")
	return []string{"Member must satisfy regular expression pattern: " + shown}
}

func enumRule(s *Shape, v string) []string {
	if len(s.Enum) == 0 || slices.Contains(s.Enum, v) {
		return nil
	}
	return []string{"Member must satisfy enum value set: [" + strings.Join(s.Enum, ", ") + "]"}
}

// quote shows a value, "" for one that is or may hold a secret.
func quote(s *Shape, v any) string {
	if s.Secret || (s.Member != nil && s.Member.Secret) {
		return ""
	}
	return "'" + clip(show(v)) + "'"
}

func show(v any) string {
	switch v := v.(type) {
	case []any:
		shown := make([]string, len(v))
		for i, item := range v {
			shown[i] = show(item)
		}
		return "[" + strings.Join(shown, ", ") + "]"
	case map[string]any:
		var shown []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			shown = append(shown, key+"="+show(v[key]))
		}
		return "{" + strings.Join(shown, ", ") + "}"
	default:
		return fmt.Sprint(v)
	}
}

func clip(s string) string {
	if len(s) <= maxShown {
		return s
	}
	return strings.ToValidUTF8(s[:maxShown], "") + "..."
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
