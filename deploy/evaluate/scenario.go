package evaluate

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Unresolved is text that only a deployment knows: the id or an attribute of a resource, or what is made of one. Its own text
// tells of which.
type Unresolved string

// nothing is AWS::NoValue.
type nothing struct{}

// Resource is a resource of a scenario: with its functions evaluated.
type Resource struct {
	Type                                string
	DeletionPolicy, UpdateReplacePolicy string
	Properties                          map[string]any
}

// Scenario is a template under one choice of its parameters.
type Scenario struct {
	Name       string
	Template   Template
	Parameters map[string]any
	Conditions map[string]bool
	Resources  map[string]Resource // those whose condition holds
	Outputs    map[string]any
	Mistakes   []string // what cannot be evaluated, or would be refused

	attributes func(typ string) []string
}

// Evaluate evaluates a template under parameters; others have their defaults. If attributes is set, it says what Fn::GetAtt knows of a
// type of resources.
func Evaluate(name string, d Template, parameters map[string]string, attributes func(typ string) []string) (*Scenario, error) {
	s := &Scenario{
		Name: name, Template: d, Parameters: map[string]any{}, Conditions: map[string]bool{}, Resources: map[string]Resource{}, Outputs: map[string]any{},
		attributes: attributes,
	}
	for id := range d.Parameters {
		value, ok := parameters[id]
		if !ok {
			if value, ok = d.Default(id); !ok {
				return nil, fmt.Errorf("%s: parameter %s has no value", name, id)
			}
		}
		s.Parameters[id] = s.typed(id, value)
	}
	for id := range d.Conditions {
		s.condition(id)
	}
	s.obey(d.Rules)
	for id, r := range s.expanded(d.Resources) {
		m := r.(map[string]any)
		if c, ok := m["Condition"].(string); ok && !s.condition(c) {
			continue
		}
		properties, _ := m["Properties"].(map[string]any)
		s.Resources[id] = Resource{Text(m["Type"]), Text(m["DeletionPolicy"]), Text(m["UpdateReplacePolicy"]), properties}
	}
	for id, r := range s.Resources { // in a second round: now it is known what there is
		r.Properties = s.value(r.Properties).(map[string]any)
		s.Resources[id] = r
	}
	for id, o := range s.expanded(d.Outputs) {
		m := o.(map[string]any)
		if c, ok := m["Condition"].(string); !ok || s.condition(c) {
			s.Outputs[id] = s.value(m["Value"])
		}
	}
	return s, nil
}

func (s *Scenario) mistake(format string, args ...any) {
	s.Mistakes = append(s.Mistakes, fmt.Sprintf(format, args...))
}

// typed is a parameter's value by its type, checked by its rules.
func (s *Scenario) typed(id, value string) any {
	p := s.Template.Parameters[id].(map[string]any)
	list := strings.HasPrefix(fmt.Sprint(p["Type"]), "List<") || p["Type"] == "CommaDelimitedList"
	values := []string{value}
	if list {
		values = strings.Split(value, ",")
	}
	for _, v := range values {
		if rule, ok := p["AllowedPattern"].(string); ok && !regexp.MustCompile("^(?:"+rule+")$").MatchString(v) {
			s.mistake("parameter %s: %q does not match its pattern", id, v)
		}
		if allowed, ok := p["AllowedValues"].([]any); ok && !slices.ContainsFunc(allowed, func(a any) bool { return fmt.Sprint(a) == v }) {
			s.mistake("parameter %s: %q is not allowed", id, v)
		}
	}
	if !list {
		return value
	}
	out := make([]any, 0, len(values))
	for _, v := range values {
		out = append(out, v)
	}
	return out
}

// obey checks the parameters against the template's rules.
func (s *Scenario) obey(rules map[string]any) {
	for _, rule := range rules {
		if when := At(rule, "RuleCondition"); when != nil && !s.truth(when) {
			continue
		}
		for _, a := range List(At(rule, "Assertions")) {
			if !s.truth(At(a, "Assert")) {
				s.mistake("refused: %s", At(a, "AssertDescription"))
			}
		}
	}
}

// expanded is a section with its Fn::ForEach written out.
func (s *Scenario) expanded(section map[string]any) map[string]any {
	out := map[string]any{}
	for id, v := range section {
		if !strings.HasPrefix(id, "Fn::ForEach::") {
			out[id] = v
			continue
		}
		loop := v.([]any)
		for _, item := range s.value(loop[1]).([]any) {
			maps.Copy(out, replaced(loop[2], "${"+loop[0].(string)+"}", item.(string)).(map[string]any))
		}
	}
	return out
}

func replaced(v any, old, now string) any {
	switch v := v.(type) {
	case string:
		return strings.ReplaceAll(v, old, now)
	case []any:
		out := make([]any, 0, len(v))
		for _, e := range v {
			out = append(out, replaced(e, old, now))
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			out[strings.ReplaceAll(k, old, now)] = replaced(e, old, now)
		}
		return out
	}
	return v
}

func (s *Scenario) condition(id string) bool {
	if known, ok := s.Conditions[id]; ok {
		return known
	}
	c, ok := s.Template.Conditions[id]
	if !ok {
		s.mistake("no condition %s", id)
	}
	s.Conditions[id] = s.truth(c)
	return s.Conditions[id]
}

func (s *Scenario) truth(v any) bool {
	m, _ := v.(map[string]any)
	for name, arg := range m {
		list, _ := arg.([]any)
		switch name {
		case "Condition":
			return s.condition(arg.(string))
		case "Fn::Equals":
			return fmt.Sprint(s.value(list[0])) == fmt.Sprint(s.value(list[1]))
		case "Fn::Not":
			return !s.truth(list[0])
		case "Fn::And":
			return !slices.ContainsFunc(list, func(v any) bool { return !s.truth(v) })
		case "Fn::Or":
			return slices.ContainsFunc(list, s.truth)
		}
	}
	s.mistake("%v is no condition", v)
	return false
}

// value is v with its functions evaluated.
func (s *Scenario) value(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, 0, len(v))
		for _, e := range v {
			if e = s.value(e); e != (nothing{}) {
				out = append(out, e)
			}
		}
		return out
	case map[string]any:
		for name, arg := range v {
			if len(v) == 1 && (name == "Ref" || strings.HasPrefix(name, "Fn::")) {
				return s.call(name, arg)
			}
		}
		out := map[string]any{}
		for k, e := range v {
			if e = s.value(e); e != (nothing{}) {
				out[k] = e
			}
		}
		return out
	}
	return v
}

func (s *Scenario) call(name string, arg any) any {
	list, _ := arg.([]any)
	switch name {
	case "Ref":
		return s.reference(arg.(string))
	case "Fn::GetAtt":
		return s.attribute(fmt.Sprint(list[0]), fmt.Sprint(list[1]))
	case "Fn::If":
		if s.condition(list[0].(string)) {
			return s.value(list[1])
		}
		return s.value(list[2])
	case "Fn::Sub":
		return s.substitute(arg)
	case "Fn::Join":
		return s.join(list[0].(string), s.value(list[1]).([]any))
	case "Fn::Split":
		var out []any
		for part := range strings.SplitSeq(fmt.Sprint(s.value(list[1])), list[0].(string)) {
			out = append(out, part)
		}
		return out
	case "Fn::Select":
		from, i := s.value(list[1]).([]any), int(list[0].(int64))
		if i >= len(from) {
			s.mistake("Fn::Select cannot select nonexistent value at index %d of %v", i, from)
			return ""
		}
		return from[i]
	case "Fn::GetAZs":
		return []any{"us-east-1a", "us-east-1b", "us-east-1c"}
	case "Fn::Cidr":
		var out []any
		for i := range list[1].(int64) {
			out = append(out, fmt.Sprintf("10.0.%d.0/20", 16*i))
		}
		return out
	}
	s.mistake("unknown function %s", name)
	return ""
}

func pseudo() map[string]any {
	return map[string]any{
		"AWS::AccountId": "123456789012", "AWS::Region": "us-east-1", "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com",
		"AWS::StackName": "spillway-Gateway-1ABC",
		"AWS::StackId":   "arn:aws:cloudformation:us-east-1:123456789012:stack/spillway/01234567-89ab-cdef-0123-456789abcdef",
		"AWS::NoValue":   nothing{},
	}
}

// StackSuffix is of the stack id, as the templates take it for what has to have a name.
const StackSuffix = "456789abcdef"

func (s *Scenario) reference(id string) any {
	if v, ok := pseudo()[id]; ok {
		return v
	}
	if v, ok := s.Parameters[id]; ok {
		return v
	}
	if _, ok := s.Resources[id]; !ok {
		s.mistake("Ref %s: there is no such resource", id)
	}
	return Unresolved(id)
}

func (s *Scenario) attribute(id, attribute string) any {
	r, ok := s.Resources[id]
	switch {
	case !ok:
		s.mistake("GetAtt %s.%s: there is no such resource", id, attribute)
	case s.attributes != nil && r.Type != "AWS::CloudFormation::Stack" && !slices.Contains(s.attributes(r.Type), attribute):
		s.mistake("GetAtt %s.%s: %s has no such attribute", id, attribute, r.Type)
	}
	return Unresolved(id + "." + attribute)
}

var placeholder = regexp.MustCompile(`\$\{([^!}][^}]*)\}`)

func (s *Scenario) substitute(arg any) any {
	own := map[string]any{}
	template, ok := arg.(string)
	if list, two := arg.([]any); two {
		template, ok = list[0].(string)
		own = s.value(list[1]).(map[string]any)
	}
	if !ok {
		s.mistake("Fn::Sub of %v", arg)
	}
	open := false
	out := placeholder.ReplaceAllStringFunc(template, func(m string) string {
		name := m[2 : len(m)-1]
		v, ok := own[name]
		if id, attribute, dotted := strings.Cut(name, "."); !ok && dotted {
			v = s.attribute(id, attribute)
		} else if !ok {
			v = s.reference(name)
		}
		_, is := v.(Unresolved)
		open = open || is
		return fmt.Sprint(v)
	})
	if open {
		return Unresolved(out)
	}
	return out
}

func (s *Scenario) join(delimiter string, parts []any) any {
	var texts []string
	open := false
	for _, p := range parts {
		_, is := p.(Unresolved)
		open = open || is
		texts = append(texts, fmt.Sprint(p))
	}
	if open {
		return Unresolved(strings.Join(texts, delimiter))
	}
	return strings.Join(texts, delimiter)
}
