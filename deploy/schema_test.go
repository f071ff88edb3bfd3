package templates

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// schemaDir has the provider schemas of AWS (MIT-0). They are read as data; what the local cloud makes of them is its own, so a
// misreading there is none here.
const schemaDir = "../pkg/sandbox/cloudformation/schemas"

// schema is a provider schema, or a part of one, as far as it is checked here.
type schema struct {
	Definitions       map[string]*schema `json:"definitions"`
	ReadOnly          []string           `json:"readOnlyProperties"`
	Ref               string             `json:"$ref"`
	Type              any                `json:"type"`
	Properties        map[string]*schema `json:"properties"`
	PatternProperties map[string]*schema `json:"patternProperties"`
	Additional        any                `json:"additionalProperties"`
	Required          []string           `json:"required"`
	Items             *schema            `json:"items"`
	Enum              []any              `json:"enum"`
	Minimum           *float64           `json:"minimum"`
	Maximum           *float64           `json:"maximum"`
	MinItems          *int               `json:"minItems"`
	MaxLength         *int               `json:"maxLength"`
	Pattern           string             `json:"pattern"`
}

var readSchema = struct {
	sync.Mutex
	known map[string]*schema
}{known: map[string]*schema{}}

// schemaOf is the schema of a type; it panics if there is none, because then nothing of the type would be checked.
func schemaOf(typ string) *schema {
	readSchema.Lock()
	defer readSchema.Unlock()
	if s, ok := readSchema.known[typ]; ok {
		return s
	}
	raw, err := os.ReadFile(filepath.Join(schemaDir, strings.ReplaceAll(typ, "::", "-")+".json"))
	if err != nil {
		panic(fmt.Sprintf("no schema of %s: %v", typ, err))
	}
	s := new(schema)
	if err := json.Unmarshal(raw, s); err != nil {
		panic(fmt.Sprintf("schema of %s: %v", typ, err))
	}
	readSchema.known[typ] = s
	return s
}

// attributes are what Fn::GetAtt knows.
func (s *schema) attributes() []string {
	var out []string
	for _, path := range s.ReadOnly {
		out = append(out, strings.ReplaceAll(strings.TrimPrefix(path, "/properties/"), "/", "."))
	}
	return out
}

// check returns all that is wrong with a resource's properties.
func (s *schema) check(properties map[string]any) []string {
	c := &checker{root: s}
	for _, path := range s.ReadOnly {
		if _, set := properties[strings.TrimPrefix(path, "/properties/")]; set {
			c.say(path, "is read-only")
		}
	}
	c.value("", s, properties)
	return c.said
}

type checker struct {
	root *schema
	said []string
}

func (c *checker) say(path, format string, args ...any) {
	c.said = append(c.said, path+" "+fmt.Sprintf(format, args...))
}

func (c *checker) value(path string, s *schema, v any) {
	for s != nil && s.Ref != "" {
		s = c.root.Definitions[strings.TrimPrefix(s.Ref, "#/definitions/")]
	}
	if s == nil {
		return
	}
	switch v := v.(type) {
	case unresolved:
		if !s.is("string") {
			c.say(path, "is text, want %v", s.Type)
		}
	case map[string]any:
		c.object(path, s, v)
	case []any:
		if !s.is("array") {
			c.say(path, "is a list, want %v", s.Type)
		}
		if s.MinItems != nil && len(v) < *s.MinItems {
			c.say(path, "has %d items", len(v))
		}
		for i, e := range v {
			c.value(fmt.Sprintf("%s/%d", path, i), s.Items, e)
		}
	default:
		c.scalar(path, s, fmt.Sprint(v))
	}
}

// is says whether a value may be of one of the types; a schema without any takes all.
func (s *schema) is(types ...string) bool {
	if s.Type == nil {
		return true
	}
	list, ok := s.Type.([]any)
	if !ok {
		list = []any{s.Type}
	}
	return slices.ContainsFunc(list, func(t any) bool { return slices.Contains(types, fmt.Sprint(t)) })
}

func (c *checker) object(path string, s *schema, m map[string]any) {
	if path != "" && !s.is("object") {
		c.say(path, "is a mapping, want %v", s.Type)
		return
	}
	for _, name := range s.Required {
		if _, ok := m[name]; !ok {
			c.say(path, "lacks %s", name)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		sub, known := s.Properties[k]
		for rule, of := range s.PatternProperties {
			if !known && regexp.MustCompile(rule).MatchString(k) {
				sub, known = of, true
			}
		}
		if !known && s.Additional == false {
			c.say(path, "has no %s", k)
		}
		c.value(path+"/"+k, sub, m[k])
	}
}

var (
	integer = regexp.MustCompile(`^-?[0-9]+$`)
	number  = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
)

func (c *checker) scalar(path string, s *schema, v string) {
	fits := s.is("string") || s.is("integer") && integer.MatchString(v) || s.is("number") && number.MatchString(v) || s.is("boolean") && (v == "true" || v == "false")
	if !fits {
		c.say(path, "is %q, want %v", v, s.Type)
	}
	if s.Enum != nil && !slices.ContainsFunc(s.Enum, func(e any) bool { return fmt.Sprint(e) == v }) {
		c.say(path, "is %q, want one of %v", v, s.Enum)
	}
	if s.MaxLength != nil && len(v) > *s.MaxLength {
		c.say(path, "has %d characters, want at most %d", len(v), *s.MaxLength)
	}
	if re, err := regexp.Compile(strings.ReplaceAll(s.Pattern, `\Z`, `\z`)); s.Pattern != "" && err == nil && s.is("string") && !re.MatchString(v) {
		c.say(path, "is %q, want %s", v, s.Pattern)
	}
	if s.is("integer", "number") && number.MatchString(v) {
		var f float64
		_, _ = fmt.Sscan(v, &f) // it is a number
		if s.Minimum != nil && f < *s.Minimum || s.Maximum != nil && f > *s.Maximum {
			c.say(path, "is %s, want %v to %v", v, s.Minimum, s.Maximum)
		}
	}
}
