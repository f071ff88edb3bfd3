package evaluate

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Template is a template with its functions in the long form: {"Ref": …}, {"Fn::If": […]}.
type Template struct {
	Parameters, Rules, Conditions, Resources, Outputs map[string]any
}

// Parse reads a template. One without parameters, resources or outputs is an error: every policy would hold for it.
func Parse(text string) (Template, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		return Template{}, err
	}
	if len(doc.Content) == 0 {
		return Template{}, errors.New("the template is empty")
	}
	all, ok := long(doc.Content[0]).(map[string]any)
	if !ok {
		return Template{}, errors.New("the template is not a mapping")
	}
	section := func(name string) map[string]any {
		m, _ := all[name].(map[string]any)
		return m
	}
	out := Template{section("Parameters"), section("Rules"), section("Conditions"), section("Resources"), section("Outputs")}
	if len(out.Parameters) == 0 || len(out.Resources) == 0 || len(out.Outputs) == 0 {
		return Template{}, errors.New("the template has no parameters, no resources or no outputs")
	}
	return out, nil
}

// long is a node as JSON has it, with short functions written out.
func long(n *yaml.Node) any {
	v := plain(n)
	switch name := strings.TrimPrefix(n.Tag, "!"); {
	case n.Tag == "" || n.Tag[0] != '!' || strings.HasPrefix(n.Tag, "!!"):
		return v
	case name == "Ref" || name == "Condition":
		return map[string]any{name: v}
	case name == "GetAtt":
		if text, ok := v.(string); ok {
			id, attribute, _ := strings.Cut(text, ".")
			v = []any{id, attribute}
		}
		return map[string]any{"Fn::GetAtt": v}
	default:
		return map[string]any{"Fn::" + name: v}
	}
}

func plain(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = long(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			list = append(list, long(c))
		}
		return list
	}
	switch n.Tag {
	case "!!bool":
		return n.Value == "true"
	case "!!int":
		if i, err := strconv.ParseInt(n.Value, 10, 64); err == nil {
			return i
		}
	}
	return n.Value
}

// Default is the default of a parameter as text; false if there is none.
func (d Template) Default(name string) (string, bool) {
	p, ok := d.Parameters[name].(map[string]any)
	if !ok || p["Default"] == nil {
		return "", false
	}
	return fmt.Sprint(p["Default"]), true
}
