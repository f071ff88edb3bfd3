package input

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Template is a text with fields in it: `{station}`, `us-{place.state}`. A name
// with dots goes into nested objects.
type Template struct {
	text  string
	parts []part
}

// part is literal text, or the path of a field.
type part struct {
	literal string
	path    []string
}

// ParseTemplate reads a template.
func ParseTemplate(text string) (Template, error) {
	t := Template{text: text}
	for rest := text; rest != ""; {
		literal, after, open := strings.Cut(rest, "{")
		if strings.Contains(literal, "}") {
			return Template{}, fmt.Errorf("template %q: } without {", text)
		}
		if literal != "" {
			t.parts = append(t.parts, part{literal: literal})
		}
		if !open {
			break
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed {
			return Template{}, fmt.Errorf("template %q: { without }", text)
		}
		path := strings.Split(name, ".")
		for _, p := range path {
			if p == "" || strings.Contains(p, "{") {
				return Template{}, fmt.Errorf("template %q: {%s} must name a field", text, name)
			}
		}
		t.parts = append(t.parts, part{path: path})
		rest = tail
	}
	return t, nil
}

// String returns the text that was parsed.
func (t Template) String() string { return t.text }

// Expand returns the text with d's fields put in. A field must be there, and be a
// string, a number or a boolean.
func (t Template) Expand(d *Document) (string, error) {
	var b strings.Builder
	for _, p := range t.parts {
		if p.path == nil {
			b.WriteString(p.literal)
			continue
		}
		value, err := d.field(p.path)
		if err != nil {
			return "", err
		}
		b.WriteString(value)
	}
	return b.String(), nil
}

// field returns the text of the field that path leads to.
func (d *Document) field(path []string) (string, error) {
	object, err := d.object()
	if err != nil {
		return "", err
	}
	var value any = object
	for _, name := range path {
		object, ok := value.(map[string]any)
		if !ok {
			return "", fmt.Errorf("field %s is missing", strings.Join(path, "."))
		}
		if value, ok = object[name]; !ok {
			return "", fmt.Errorf("field %s is missing", strings.Join(path, "."))
		}
	}
	switch v := value.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		return fmt.Sprint(v), nil
	}
	return "", fmt.Errorf("field %s must be a string, a number or a boolean", strings.Join(path, "."))
}
