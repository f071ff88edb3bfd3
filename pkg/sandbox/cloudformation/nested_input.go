package cloudformation

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// nestedInput is a nested stack as its parent's template has it.
type nestedInput struct {
	template   *template
	properties map[string]any // evaluated
	parent     settings
	path       string // with a slash at its end
}

// nestedSettings decides a nested stack's parameters, carries its template's transform out and checks what it needs.
func (s *Service) nestedSettings(ctx context.Context, in nestedInput, store ParameterStore) (*template, settings, error) {
	set := in.parent
	given, err := nestedParameters(in.properties["Parameters"])
	if err != nil {
		return nil, set, err
	}
	if set.parameters, err = in.template.resolve(given, nil); err != nil {
		return nil, set, err
	}
	if set.resolved, err = in.template.lookUp(ctx, store, set.parameters); err != nil {
		return nil, set, err
	}
	set.tags, set.notificationARNs = mergeTags(in.parent.tags, in.properties["Tags"]), nil
	if arns, ok := in.properties["NotificationARNs"].([]any); ok {
		for _, arn := range arns {
			set.notificationARNs = append(set.notificationARNs, fmt.Sprint(arn))
		}
	}
	t, err := s.settled(in.template, set, "", in.path)
	if err != nil {
		return nil, set, err
	}
	// Nobody reviews what the transform of a nested template makes.
	return t, set, acknowledged(t, set.capabilities, true)
}

func nestedParameters(v any) (map[string]givenParameter, error) {
	m, ok := v.(map[string]any)
	if !ok && v != nil {
		return nil, validationError("Value of property Parameters must be an object")
	}
	out := make(map[string]givenParameter, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		text, ok := scalarText(m[key])
		if !ok {
			return nil, validationError("Value of property Parameters must be an object with String (or simple type) properties")
		}
		out[key] = givenParameter{value: text}
	}
	return out, nil
}

// mergeTags adds a resource's tags to its stack's; its own win.
func mergeTags(stack []tag, v any) []tag {
	out := slices.Clone(stack)
	items, _ := v.([]any)
	for _, item := range items {
		m, _ := item.(map[string]any)
		key, _ := scalarText(m["Key"])
		value, _ := scalarText(m["Value"])
		i := slices.IndexFunc(out, func(t tag) bool { return t.Key == key })
		if i < 0 {
			out = append(out, tag{key, value})
			continue
		}
		out[i].Value = value
	}
	return out
}
