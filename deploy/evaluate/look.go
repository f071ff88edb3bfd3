package evaluate

import (
	"fmt"
	"slices"
)

// Of are the resources of a type, by id.
func (s *Scenario) Of(types ...string) map[string]Resource {
	out := map[string]Resource{}
	for id, r := range s.Resources {
		if slices.Contains(types, r.Type) {
			out[id] = r
		}
	}
	return out
}

// At follows keys and indexes into v; nil if there is nothing.
func At(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}

// At is [At] of the properties.
func (m Resource) At(path ...any) any { return At(m.Properties, path...) }

// List is v if it is a list, else v alone in one; nil has none.
func List(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	if v == nil {
		return nil
	}
	return []any{v}
}

// Named are the values of a list of {Name|Key, Value|ValueFrom}.
func Named(v any) map[string]string {
	out := map[string]string{}
	for _, e := range List(v) {
		name := At(e, "Name")
		if name == nil {
			name = At(e, "Key")
		}
		value := At(e, "Value")
		if value == nil {
			value = At(e, "ValueFrom")
		}
		out[Text(name)] = Text(value)
	}
	return out
}

// Text is v as text; nil has none.
func Text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// Walk visits every mapping in v.
func Walk(v any, visit func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		visit(v)
		for _, e := range v {
			Walk(e, visit)
		}
	case []any:
		for _, e := range v {
			Walk(e, visit)
		}
	}
}
