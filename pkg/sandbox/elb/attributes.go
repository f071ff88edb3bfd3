package elb

import (
	"maps"
	"slices"
	"strconv"
)

// Attribute is one of the attributes of a load balancer, target group or listener.
type Attribute struct{ Key, Value string }

// AttributesOutput are all attributes of a resource.
type AttributesOutput struct {
	Attributes []Attribute `xml:"Attributes>member"`
}

// attributes are those of a resource by key; all that it can have are there.
type attributes map[string]string

// list is sorted by key.
func (a attributes) list() []Attribute {
	out := make([]Attribute, 0, len(a))
	for _, key := range slices.Sorted(maps.Keys(a)) {
		out = append(out, Attribute{key, a[key]})
	}
	return out
}

func (a attributes) on(key string) bool { return a[key] == "true" }

// seconds of an attribute that was checked when it was set.
func (a attributes) number(key string) int {
	n, _ := strconv.Atoi(a[key])
	return n
}

// attributeRule says what an attribute may be.
type attributeRule struct {
	value    string   // the default
	of       []string // allowed values; nil means a number between the next two
	min, max int
}

// with returns the attributes after some were set; a key that has no rule is refused.
func (a attributes) with(set []Attribute, rules map[string]attributeRule) (attributes, *Error) {
	out := maps.Clone(a)
	for _, at := range set {
		rule, ok := rules[at.Key]
		if !ok {
			return nil, invalid("The attribute key '%.100s' is not recognized, or is not supported by the sandbox", at.Key)
		}
		n, err := strconv.Atoi(at.Value)
		switch {
		case rule.of != nil && !slices.Contains(rule.of, at.Value):
			return nil, invalid("'%s' must be one of %q, not '%.40s'; others are not supported by the sandbox", at.Key, rule.of, at.Value)
		case rule.of == nil && (err != nil || n < rule.min || n > rule.max):
			return nil, invalid("'%s' value must be between '%d' and '%d' inclusive, not '%.40s'", at.Key, rule.min, rule.max, at.Value)
		}
		out[at.Key] = at.Value
	}
	return out, nil
}

// defaults are the attributes of a new resource.
func defaults(rules map[string]attributeRule) attributes {
	out := make(attributes, len(rules))
	for key, rule := range rules {
		out[key] = rule.value
	}
	return out
}

func booleans() []string { return []string{"true", "false"} }
