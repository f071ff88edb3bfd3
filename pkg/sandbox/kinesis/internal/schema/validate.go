package schema

import (
	"fmt"
	"hash/fnv"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxFaults is the number of violated constraints that one answer names.
const maxFaults = 10

// Validate checks in against the constraints of the operation's input. It
// gives the service's message, or "" when every constraint holds.
func (o *Operation) Validate(in Fields) string {
	c := &checker{}
	c.structure(o.Input, in, "")
	if len(c.faults) == 0 {
		return ""
	}
	plural := ""
	if len(c.faults) > 1 {
		plural = "s"
	}
	return fmt.Sprintf("%d validation error%s detected: %s", len(c.faults), plural, strings.Join(c.faults, "; "))
}

type checker struct{ faults []string }

func (c *checker) add(s *Shape, v any, path, rule string) {
	if len(c.faults) >= maxFaults {
		return
	}
	value := "null"
	if v != nil {
		value = "'" + display(s, v) + "'"
	}
	c.faults = append(c.faults, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, path, rule))
}

func (c *checker) structure(s *Shape, in Fields, prefix string) {
	for i := range s.Fields {
		f := &s.Fields[i]
		v, ok := in[f.Name]
		switch {
		case ok:
			c.value(f.Shape, v, prefix, f.Name)
		case f.Required:
			c.add(f.Shape, nil, prefix+lowerFirst(f.Name), "Member must not be null")
		}
	}
}

// value checks v, the member name of the structure at prefix. The path is put
// together only when it is needed: almost every value is valid.
func (c *checker) value(s *Shape, v any, prefix, name string) {
	if len(c.faults) >= maxFaults {
		return
	}
	for _, rule := range violations(s, v) {
		c.add(s, v, prefix+lowerFirst(name), rule)
	}
	switch v := v.(type) {
	case Fields:
		c.structure(s, v, prefix+lowerFirst(name)+".")
	case []any:
		c.list(s, v, prefix+lowerFirst(name))
	case map[string]any:
		c.mapping(s, v, prefix+lowerFirst(name))
	}
}

func (c *checker) list(s *Shape, items []any, path string) {
	if s.Member.Kind != Structure {
		if rule := elementRule(s.Member); !allSatisfy(s.Member, items) {
			c.add(s, items, path, "Member must satisfy constraint: "+rule)
		}
		return
	}
	for i, item := range items {
		if len(c.faults) >= maxFaults {
			return
		}
		fields, ok := item.(Fields)
		if ok && c.clean(s.Member, fields) {
			continue
		}
		member := path + "." + strconv.Itoa(i+1) + ".member"
		if !ok {
			c.add(s.Member, nil, member, "Member must not be null")
			continue
		}
		c.structure(s.Member, fields, member+".")
	}
}

// clean reports whether fields violate nothing, without building any path.
func (c *checker) clean(s *Shape, fields Fields) bool {
	probe := checker{}
	probe.structure(s, fields, "")
	return len(probe.faults) == 0
}

func (c *checker) mapping(s *Shape, entries map[string]any, path string) {
	keys, values := make([]any, 0, len(entries)), make([]any, 0, len(entries))
	for k, v := range entries {
		keys, values = append(keys, k), append(values, v)
	}
	if !allSatisfy(s.Key, keys) {
		c.add(s, entries, path, "Map keys must satisfy constraint: "+elementRule(s.Key))
	}
	if !allSatisfy(s.Member, values) {
		c.add(s, entries, path, "Map value must satisfy constraint: "+elementRule(s.Member))
	}
}

func allSatisfy(s *Shape, items []any) bool {
	return !slices.ContainsFunc(items, func(v any) bool { return v == nil || len(violations(s, v)) > 0 })
}

// elementRule words the constraints of a list's or a map's elements.
func elementRule(s *Shape) string {
	var rules []string
	if s.Max != nil {
		rules = append(rules, fmt.Sprintf("Member must have length less than or equal to %d", *s.Max))
	}
	if s.Min != nil {
		rules = append(rules, fmt.Sprintf("Member must have length greater than or equal to %d", *s.Min))
	}
	if s.Pattern != "" {
		rules = append(rules, "Member must satisfy regular expression pattern: "+s.Pattern)
	}
	if len(s.Enum) > 0 {
		rules = append(rules, "Member must satisfy enum value set: ["+strings.Join(s.Enum, ", ")+"]")
	}
	return "[" + strings.Join(rules, ", ") + "]"
}

// violations gives the rules that v itself breaks, in the service's order.
func violations(s *Shape, v any) []string {
	var out []string
	text, isText := v.(string)
	if isText && s.Pattern != "" && !s.match().MatchString(text) {
		out = append(out, "Member must satisfy regular expression pattern: "+s.Pattern)
	}
	if isText && len(s.Enum) > 0 && !slices.Contains(s.Enum, text) {
		out = append(out, "Member must satisfy enum value set: ["+strings.Join(s.Enum, ", ")+"]")
	}
	size, what := measure(v)
	if s.Min != nil && size < *s.Min {
		out = append(out, fmt.Sprintf("Member must have %s greater than or equal to %d", what, *s.Min))
	}
	if s.Max != nil && size > *s.Max {
		out = append(out, fmt.Sprintf("Member must have %s less than or equal to %d", what, *s.Max))
	}
	return out
}

// measure gives what the bounds of a value's shape bound: a number's value, or a length.
func measure(v any) (int64, string) {
	switch v := v.(type) {
	case int64:
		return v, "value"
	case string:
		return int64(utf8.RuneCountInString(v)), "length"
	case []byte:
		return int64(len(v)), "length"
	case []any:
		return int64(len(v)), "length"
	case map[string]any:
		return int64(len(v)), "length"
	default:
		return 0, "value"
	}
}

// display prints a value as the service's Java objects print themselves.
func display(s *Shape, v any) string {
	switch v := v.(type) {
	case []byte:
		return fmt.Sprintf("java.nio.HeapByteBuffer[pos=0 lim=%d cap=%d]", len(v), len(v))
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = display(s.Member, item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case map[string]any:
		entries := make([]string, 0, len(v))
		for k, item := range v {
			entries = append(entries, k+"="+display(s.Member, item))
		}
		sort.Strings(entries)
		return "{" + strings.Join(entries, ", ") + "}"
	case Fields:
		h := fnv.New32a()
		fmt.Fprint(h, v)
		return fmt.Sprintf("com.amazonaws.kinesis.v20131202.%s@%08x", s.Name, h.Sum32())
	case nil:
		return "null"
	default:
		return fmt.Sprint(v)
	}
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
