package schema

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Fields are the members of a structure, by name: string, int64, bool, []any, map[string]any or Fields.
type Fields map[string]any

// TypeError says that a value in a request has another type than its member.
type TypeError struct{ Message string }

// Error is the message.
func (e *TypeError) Error() string { return e.Message }

// Read converts a parsed JSON object to the types of the operation's input. Unknown members and nulls are dropped.
// The object must come from a decoder with UseNumber. The error is a [TypeError].
func (o *Operation) Read(body map[string]any) (Fields, error) { return readStructure(o.input, body) }

func readStructure(s *Shape, body map[string]any) (Fields, error) {
	out := make(Fields, len(body))
	for _, f := range s.Fields {
		raw := body[f.Name]
		if raw == nil {
			continue
		}
		v, err := read(f.Shape, raw)
		if err != nil {
			return nil, err
		}
		out[f.Name] = v
	}
	return out, nil
}

func read(s *Shape, raw any) (any, error) {
	switch v := raw.(type) {
	case string:
		if s.Kind == String {
			return v, nil
		}
	case bool:
		if s.Kind == Boolean {
			return v, nil
		}
	case json.Number:
		if s.Kind == Integer {
			return readInteger(v)
		}
	case []any:
		if s.Kind == List {
			return readList(s, v)
		}
	case map[string]any:
		switch s.Kind {
		case Structure:
			return readStructure(s, v)
		case Map:
			return readMap(s, v)
		}
	}
	return nil, mismatch(s.Kind, raw)
}

func readInteger(n json.Number) (any, error) {
	v, err := strconv.ParseInt(n.String(), 10, 32)
	if err != nil {
		return nil, &TypeError{"NUMBER_VALUE can not be converted to an Integer"}
	}
	return v, nil
}

func readList(s *Shape, items []any) (any, error) {
	out := make([]any, 0, len(items))
	for _, item := range items {
		if item == nil {
			continue
		}
		v, err := read(s.Member, item)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func readMap(s *Shape, entries map[string]any) (any, error) {
	out := make(map[string]any, len(entries))
	for key, item := range entries {
		if item == nil {
			continue
		}
		v, err := read(s.Member, item)
		if err != nil {
			return nil, err
		}
		out[key] = v
	}
	return out, nil
}

func mismatch(want Kind, raw any) *TypeError {
	switch raw.(type) {
	case []any:
		return &TypeError{"Start of list found where not expected"}
	case map[string]any:
		return &TypeError{"Start of structure or map found where not expected."}
	}
	if want == List || want == Map || want == Structure {
		return &TypeError{"Unexpected value found where a list, map or structure is expected"}
	}
	given := map[bool]string{true: "STRING_VALUE", false: "NUMBER_VALUE"}[isString(raw)]
	if v, ok := raw.(bool); ok {
		given = map[bool]string{true: "TRUE_VALUE", false: "FALSE_VALUE"}[v]
	}
	name := map[Kind]string{String: "String", Integer: "Integer", Boolean: "Boolean"}[want]
	return &TypeError{fmt.Sprintf("%s can not be converted to an %s", given, name)}
}

func isString(v any) bool {
	_, ok := v.(string)
	return ok
}
