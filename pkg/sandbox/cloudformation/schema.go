package cloudformation

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// The provider schemas AWS publishes for the types the templates under deploy/ use (MIT-0, see schemas/LICENSE.txt). They are
// more than the local cloud can make: a type without a provisioner is refused, with a schema or without.
//
//go:embed schemas/*.json
var schemaFiles embed.FS

// schema is what the engine takes from a provider schema: which properties exist, their types and bounds, and which
// of them cannot change without a new physical resource.
type schema struct {
	TypeName   string   `json:"typeName"`
	CreateOnly []string `json:"createOnlyProperties"`
	// ConditionalCreateOnly are replaced in some cases only, which the type's provisioner decides.
	ConditionalCreateOnly []string         `json:"conditionalCreateOnlyProperties"`
	ReadOnly              []string         `json:"readOnlyProperties"`
	WriteOnly             []string         `json:"writeOnlyProperties"`
	Tagging               tagging          `json:"tagging"`
	Definitions           map[string]*node `json:"definitions"`
	node
}

// tagging is what a schema says about tags.
type tagging struct {
	Taggable     bool `json:"taggable"`
	TagUpdatable bool `json:"tagUpdatable"`
}

// node is one level of a JSON schema, as far as provider schemas use it for what is checked here.
type node struct {
	Ref                  string           `json:"$ref"`
	Type                 typeNames        `json:"type"`
	Properties           map[string]*node `json:"properties"`
	PatternProperties    map[string]*node `json:"patternProperties"`
	AdditionalProperties *closed          `json:"additionalProperties"`
	Required             []string         `json:"required"`
	Items                *node            `json:"items"`
	Enum                 []any            `json:"enum"`
	Minimum              *float64         `json:"minimum"`
	Maximum              *float64         `json:"maximum"`
	MinLength            *int             `json:"minLength"`
	MaxLength            *int             `json:"maxLength"`
	MinItems             *int             `json:"minItems"`
	MaxItems             *int             `json:"maxItems"`
	Pattern              *pattern         `json:"pattern"`
}

// typeNames is "type", which is one name or a list of names.
type typeNames []string

// UnmarshalJSON accepts both forms.
func (t *typeNames) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*t = typeNames{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(t))
}

// closed is true for additionalProperties: false; a schema object there counts as open.
type closed bool

// UnmarshalJSON accepts both forms.
func (c *closed) UnmarshalJSON(b []byte) error {
	*c = string(b) == "false"
	return nil
}

// pattern is a regular expression of a schema; one that RE2 cannot express checks nothing.
type pattern struct{ re *regexp.Regexp }

// UnmarshalJSON compiles the expression.
func (p *pattern) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	p.re, _ = regexp.Compile(strings.ReplaceAll(text, `\Z`, `\z`))
	return nil
}

// loadSchemas reads the embedded schemas by type name.
func loadSchemas() (map[string]*schema, error) {
	files, err := schemaFiles.ReadDir("schemas")
	if err != nil {
		return nil, err
	}
	out := make(map[string]*schema, len(files))
	for _, f := range files {
		raw, err := schemaFiles.ReadFile("schemas/" + f.Name())
		if err != nil {
			return nil, err
		}
		var s schema
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, fmt.Errorf("read provider schema %s: %w", f.Name(), err)
		}
		out[s.TypeName] = &s
	}
	return out, nil
}

// problem is one property that its schema refuses: where it is, from the properties down, and what the schema says.
type problem struct{ path, text string }

// propertyError is a resource whose properties do not fit its schema.
type propertyError struct {
	logicalID string
	problems  []problem
}

func (e *propertyError) Error() string {
	texts := make([]string, len(e.problems))
	for i, p := range e.problems {
		texts[i] = "#" + p.path + ": " + p.text
	}
	return fmt.Sprintf("Properties validation failed for resource %s with message:\n[%s]", e.logicalID, strings.Join(texts, ", "))
}

// conform checks evaluated properties and gives them the schema's types: a parameter's "3" becomes the number 3 where
// the schema wants an integer. A type without a schema takes what it gets.
func (s *schema) conform(logicalID string, properties map[string]any) (map[string]any, error) {
	conformed, problems := s.check(properties)
	if problems != nil {
		return nil, &propertyError{logicalID, problems}
	}
	return conformed, nil
}

// check is conform with the problems one by one; nil where properties fit.
func (s *schema) check(properties map[string]any) (map[string]any, []problem) {
	if s == nil {
		return properties, nil
	}
	c := conformer{schema: s}
	v := c.value("", &s.node, properties)
	if c.problems != nil {
		return nil, c.problems
	}
	conformed, _ := v.(map[string]any) // an object stays one
	return conformed, nil
}

// recreation says whether a change of a top-level property needs a new physical resource: Never, Always or Conditionally. Where
// the schema names only a nested property, the whole top-level property counts.
func (s *schema) recreation(property string) string {
	if s == nil {
		return "Never"
	}
	path := "/properties/" + property
	within := func(p string) bool { return p == path || strings.HasPrefix(p, path+"/") }
	switch {
	case slices.ContainsFunc(s.CreateOnly, within):
		return "Always"
	case slices.ContainsFunc(s.ConditionalCreateOnly, within):
		return "Conditionally"
	}
	return "Never"
}

// takesTags says whether a stack's tags go to resources of the type, and may change there.
func (s *schema) takesTags() bool {
	return s != nil && s.Tagging.Taggable && s.Tagging.TagUpdatable
}

type conformer struct {
	schema   *schema
	problems []problem
}

func (c *conformer) problem(path, format string, args ...any) {
	c.problems = append(c.problems, problem{path, fmt.Sprintf(format, args...)})
}

func (c *conformer) value(path string, n *node, v any) any {
	if n = c.resolve(n); n == nil {
		return v
	}
	switch t := v.(type) {
	case map[string]any:
		return c.object(path, n, t)
	case []any:
		return c.array(path, n, t)
	default:
		return c.scalar(path, n, v)
	}
}

// resolve follows $ref; provider schemas refer to #/definitions only.
func (c *conformer) resolve(n *node) *node {
	for range len(c.schema.Definitions) + 1 {
		if n == nil || n.Ref == "" {
			return n
		}
		n = c.schema.Definitions[strings.TrimPrefix(n.Ref, "#/definitions/")]
	}
	return nil
}

func (c *conformer) object(path string, n *node, m map[string]any) any {
	if path != "" && n.Type != nil && !slices.Contains(n.Type, "object") {
		c.problem(path, "expected type: %s, found: JSONObject", title(n.Type))
		return m
	}
	for _, r := range n.Required {
		if _, ok := m[r]; !ok {
			c.problem(path, "required key [%s] not found", r)
		}
	}
	out := make(map[string]any, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		sub, known := n.Properties[k]
		if !known {
			sub, known = n.matching(k)
		}
		if !known && n.AdditionalProperties != nil && bool(*n.AdditionalProperties) {
			c.problem(path, "extraneous key [%s] is not permitted", clip(k))
			continue
		}
		out[k] = c.value(path+"/"+k, sub, m[k])
	}
	return out
}

func (n *node) matching(key string) (*node, bool) {
	for expression, sub := range n.PatternProperties {
		if re, err := regexp.Compile(expression); err == nil && re.MatchString(key) {
			return sub, true
		}
	}
	return nil, false
}

func (c *conformer) array(path string, n *node, list []any) any {
	if n.Type != nil && !slices.Contains(n.Type, "array") {
		c.problem(path, "expected type: %s, found: JSONArray", title(n.Type))
		return list
	}
	if n.MinItems != nil && len(list) < *n.MinItems {
		c.problem(path, "expected minimum item count: %d, found: %d", *n.MinItems, len(list))
	}
	if n.MaxItems != nil && len(list) > *n.MaxItems {
		c.problem(path, "expected maximum item count: %d, found: %d", *n.MaxItems, len(list))
	}
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = c.value(fmt.Sprintf("%s/%d", path, i), n.Items, v)
	}
	return out
}

func title(types typeNames) string {
	name := types[0]
	switch name {
	case "object":
		return "JSONObject"
	case "array":
		return "JSONArray"
	}
	return strings.ToUpper(name[:1]) + name[1:]
}
