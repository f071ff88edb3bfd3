package cloudformation

import (
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// scalar gives v the type its schema wants and checks enum, bounds, length and pattern.
func (c *conformer) scalar(path string, n *node, v any) any {
	if unmade(v) || isDynamic(v) {
		return v
	}
	out, ok := coerce(n.Type, v)
	if !ok {
		c.problem(path, "expected type: %s, found: %s", title(n.Type), scalarName(v))
		return v
	}
	if n.Enum != nil && !slices.ContainsFunc(n.Enum, func(e any) bool { return sameScalar(e, out) }) {
		text, _ := scalarText(out)
		c.problem(path, "#: %s is not a valid enum value", clip(text))
	}
	switch t := out.(type) {
	case int64:
		c.bounds(path, n, float64(t))
	case float64:
		c.bounds(path, n, t)
	case string:
		c.text(path, n, t)
	}
	return out
}

func (c *conformer) bounds(path string, n *node, f float64) {
	if n.Minimum != nil && f < *n.Minimum {
		c.problem(path, "%v is not greater or equal to %v", f, *n.Minimum)
	}
	if n.Maximum != nil && f > *n.Maximum {
		c.problem(path, "%v is not less or equal to %v", f, *n.Maximum)
	}
}

func (c *conformer) text(path string, n *node, s string) {
	length := utf8.RuneCountInString(s)
	if n.MinLength != nil && length < *n.MinLength {
		c.problem(path, "expected minLength: %d, actual: %d", *n.MinLength, length)
	}
	if n.MaxLength != nil && length > *n.MaxLength {
		c.problem(path, "expected maxLength: %d, actual: %d", *n.MaxLength, length)
	}
	if n.Pattern != nil && n.Pattern.re != nil && !n.Pattern.re.MatchString(s) {
		c.problem(path, "failed validation constraint for keyword [pattern]")
	}
}

// coerce turns v into one of types: as it is where that fits, else by way of its text, as CloudFormation does.
func coerce(types typeNames, v any) (any, bool) {
	if types == nil || v == nil || slices.Contains(types, nativeType(v)) {
		return v, v != nil || types == nil
	}
	text, _ := scalarText(v)
	for _, t := range types {
		switch t {
		case "string":
			return text, true
		case "integer":
			if i, err := strconv.ParseInt(text, 10, 64); err == nil {
				return i, true
			}
			if f, err := strconv.ParseFloat(text, 64); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
				return int64(f), true
			}
		case "number":
			if f, err := strconv.ParseFloat(text, 64); err == nil {
				return f, true
			}
		case "boolean":
			if text == "true" || text == "false" {
				return text == "true", true
			}
		}
	}
	return nil, false
}

func nativeType(v any) string {
	switch v.(type) {
	case string:
		return "string"
	case bool:
		return "boolean"
	case int64:
		return "integer"
	default:
		return "number"
	}
}

func scalarName(v any) string {
	switch v.(type) {
	case nil:
		return "Null"
	case string:
		return "String"
	case bool:
		return "Boolean"
	case int64:
		return "Integer"
	default:
		return "Number"
	}
}

// sameScalar compares an enum's member, which encoding/json made, with a value.
func sameScalar(member, v any) bool {
	if f, ok := member.(float64); ok {
		if i, isInt := v.(int64); isInt {
			return f == float64(i)
		}
	}
	return member == v
}
