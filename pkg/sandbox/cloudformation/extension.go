package cloudformation

import (
	"bytes"
	"encoding/json"
)

// toJSONFn is Fn::ToJsonString. Keys come out sorted.
type toJSONFn struct{ source expression }

func (f toJSONFn) children() []expression { return []expression{f.source} }

func (f toJSONFn) evaluate(s *scope) (any, error) {
	v, err := f.source.evaluate(s)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, transformFailed("Fn::ToJsonString: %s", err.Error())
	}
	return string(bytes.TrimSpace(b.Bytes())), s.spend(b.Len())
}

func parseToJSON(arg any) (expression, error) {
	source, err := parseExpression(arg)
	if err != nil {
		return nil, err
	}
	if _, scalar := source.(literal); scalar {
		return nil, transformFailed("Fn::ToJsonString needs an object or a list")
	}
	return toJSONFn{source}, nil
}

// lengthFn is Fn::Length.
type lengthFn struct{ source expression }

func (f lengthFn) children() []expression { return []expression{f.source} }

func (f lengthFn) evaluate(s *scope) (any, error) {
	v, err := f.source.evaluate(s)
	if err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok {
		if hole, unsure := derived(v); unsure {
			return hole, nil
		}
		return nil, transformFailed("Fn::Length only accepts an array")
	}
	return int64(len(list)), nil
}

func parseLength(arg any) (expression, error) {
	source, err := parseExpression(arg)
	if err != nil {
		return nil, err
	}
	if _, scalar := source.(literal); scalar {
		return nil, transformFailed("Fn::Length only accepts an array")
	}
	return lengthFn{source}, nil
}
