package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// request is a bad request and the answer to it, as the service words it.
type request struct {
	Name      string `json:"name"`
	Operation string `json:"operation"`
	Body      string `json:"body"`
	Status    int    `json:"status"`
	Type      string `json:"type"`
	Message   string `json:"message"`
	Source    string `json:"source"`
}

const (
	badRequest    = 400
	serialization = "SerializationException"
	validation    = "ValidationException"
	numberClass   = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber"
	stringClass   = "class java.lang.String"
	booleanClass  = "class java.lang.Boolean"
	// longText is the length from which a bound is broken in one request only: each says the text twice.
	longText = 300
	// hugeText is the length from which a bound is not broken: it would make the file large.
	hugeText = 5000
)

// requests breaks, one at a time, every type and every constraint of every
// member of every operation. It words the answers by rules recorded from the
// service, and shares no code with the package that it tests.
func requests(m model) []request {
	g := &requester{model: m, long: map[string]bool{}}
	ids := slices.Sorted(maps.Keys(m.Shapes))
	for _, id := range ids {
		if s := m.Shapes[id]; s.Type == "operation" {
			g.operation = short(id)
			g.structure(m.Shapes[s.Input.Target], "", func(broken map[string]any) any { return broken })
		}
	}
	return g.out
}

type requester struct {
	model     model
	operation string
	long      map[string]bool // shapes whose long bound is broken already
	out       []request
}

// structure breaks the members of a structure; whole puts it into a body, and prefix is its path.
func (g *requester) structure(s shape, prefix string, whole func(map[string]any) any) {
	for _, one := range s.Members {
		if one.name == "StreamId" && g.operation != "DescribeStream" {
			continue // every operation has it, and it is for future use
		}
		path := prefix + lowerFirst(one.name)
		with := func(v any) any {
			in := g.minimal(s)
			in[one.name] = v
			return whole(in)
		}
		if one.Traits.Required != nil {
			in := g.minimal(s)
			delete(in, one.name)
			g.violates(path+" is missing", whole(in), "smithy.api#required of "+one.name, fault("null", path, "Member must not be null"))
		}
		g.types(one, path, with)
		g.constraints(one, path, with)
		target := g.model.Shapes[one.Target]
		if target.Type == "structure" {
			g.structure(target, path+".", func(broken map[string]any) any { return with(broken) })
		}
		if target.Type == "list" && g.model.Shapes[target.Member.Target].Type == "structure" {
			g.structure(g.model.Shapes[target.Member.Target], path+".1.member.", func(broken map[string]any) any { return with([]any{broken}) })
		}
	}
}

// minimal is a valid structure with the members that must be there.
func (g *requester) minimal(s shape) map[string]any {
	in := map[string]any{}
	for _, one := range s.Members {
		if one.Traits.Required != nil {
			in[one.name] = g.valid(one.Target)
		}
	}
	return in
}

// examples are valid strings of the shapes that have a pattern, without their last character's repetitions.
func examples() map[string]string {
	const arn = "arn:aws:kinesis:us-east-1:123456789012:stream/s"
	return map[string]string{
		"StreamARN": arn, "ResourceARN": arn, "ConsumerARN": arn + "/consumer/c:1", "StreamId": strings.Repeat("a", 20) + "-abc",
	}
}

// valid is a valid value.
func (g *requester) valid(id string) any {
	s := g.model.Shapes[id]
	switch s.Type {
	case "string":
		if text, ok := examples()[short(id)]; ok {
			return text
		}
		return "1"
	case "enum":
		return s.Members[0].Traits.EnumValue
	case "integer", "long":
		if r := s.Traits.Range; r != nil && r.Min != nil {
			return *r.Min
		}
		return 1
	case "boolean":
		return true
	case "timestamp":
		return 1
	case "blob":
		return "AA=="
	case "list":
		return []any{g.valid(s.Member.Target)}
	case "map":
		return map[string]any{"1": g.valid(s.Value.Target)}
	default:
		return g.minimal(s)
	}
}

func (g *requester) add(name string, body any, code, message, source string) {
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err) // it is made of maps, lists and scalars
	}
	g.out = append(g.out, request{
		Name: g.operation + ": " + name, Operation: g.operation, Body: string(raw),
		Status: badRequest, Type: code, Message: message, Source: "AWS's model: " + source,
	})
}

func (g *requester) violates(name string, body any, source string, faults ...string) {
	plural := ""
	if len(faults) > 1 {
		plural = "s"
	}
	message := fmt.Sprintf("%d validation error%s detected: %s", len(faults), plural, strings.Join(faults, "; "))
	g.add(name, body, validation, message, source)
}

func fault(value, path, rule string) string {
	return fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, path, rule)
}

// types gives the member values of other types.
func (g *requester) types(one member, path string, with func(any) any) {
	const list, structure = "Start of list found where not expected", "Start of structure or map found where not expected."
	kind := g.model.Shapes[one.Target].Type
	if one.Target == "smithy.api#Unit" || strings.Contains(path, ".") {
		return // what holds for members holds for members of members
	}
	texts := map[string]map[string]string{
		"string":    {"7": numberClass + " can not be converted to an String", "true": booleanClass + " can not be converted to an String", "[]": list, "{}": structure},
		"integer":   {`"7"`: stringClass + " can not be converted to an Integer", "true": booleanClass + " can not be converted to an Integer", "[]": list, "{}": structure},
		"boolean":   {"7": numberClass + " can not be converted to an Boolean", `"x"`: "'X' can not be converted to an Boolean", "[]": list, "{}": structure},
		"timestamp": {`"7"`: stringClass + " can not be converted to milliseconds since epoch", "true": booleanClass + " can not be converted to milliseconds since epoch", "[]": list, "{}": structure},
		"blob":      {"7": numberClass + " can not be converted to a Blob", "true": booleanClass + " can not be converted to a Blob", "[]": list, "{}": structure},
		"list":      {"7": "Expected list or null", `"x"`: "Expected list or null", "{}": structure},
		"map":       {"7": "Expected map or null", `"x"`: "Expected map or null", "[]": list},
		"structure": {"[]": list},
	}
	if kind == "enum" {
		kind = "string"
	}
	for _, raw := range slices.Sorted(maps.Keys(texts[kind])) {
		g.add(path+" is "+raw, with(json.RawMessage(raw)), serialization, texts[kind][raw], "type of "+one.name)
	}
}

// constraints gives the member values that break a bound, the pattern or the enum.
func (g *requester) constraints(one member, path string, with func(any) any) {
	s, name := g.model.Shapes[one.Target], short(one.Target)
	switch s.Type {
	case "string":
		g.text(s, name, path, with)
	case "enum":
		g.violates(path+" is no value", with("nope"), "values of "+name,
			fault("'nope'", path, "Member must satisfy enum value set: ["+strings.Join(enumValues(s, name), ", ")+"]"))
	case "integer", "long":
		g.number(s, name, path, with)
	case "list":
		g.list(s, name, path, with)
	case "map":
		if l := s.Traits.Length; l != nil && l.Min != nil && *l.Min > 0 {
			g.violates(path+" is empty", with(map[string]any{}), "smithy.api#length of "+name, fault("'{}'", path, atLeast("length", *l.Min)))
		}
	}
}

func atLeast(what string, n int64) string {
	return fmt.Sprintf("Member must have %s greater than or equal to %d", what, n)
}

func atMost(what string, n int64) string {
	return fmt.Sprintf("Member must have %s less than or equal to %d", what, n)
}

func matches(pattern string) string {
	return "Member must satisfy regular expression pattern: " + strings.TrimSuffix(strings.TrimPrefix(pattern, "^"), "$")
}

func (g *requester) text(s shape, name, path string, with func(any) any) {
	l := s.Traits.Length
	if l != nil && l.Min != nil && *l.Min > 0 {
		var faults []string
		if s.Traits.Pattern != "" {
			faults = append(faults, fault("''", path, matches(s.Traits.Pattern)))
		}
		g.violates(path+" is empty", with(""), "smithy.api#length of "+name, append(faults, fault("''", path, atLeast("length", *l.Min)))...)
	}
	if l != nil && l.Max != nil && (*l.Max < longText || *l.Max < hugeText && !g.long[name]) && name != "StreamId" {
		g.long[name] = true
		long := g.tooLong(name, *l.Max)
		g.violates(path+" is too long", with(long), "smithy.api#length of "+name, fault("'"+long+"'", path, atMost("length", *l.Max)))
	}
	if s.Traits.Pattern != "" {
		g.violates(path+" has another form", with("0 "), "smithy.api#pattern of "+name, fault("'0 '", path, matches(s.Traits.Pattern)))
	}
}

// tooLong is a string of the right form with a character more than allowed.
func (g *requester) tooLong(name string, limit int64) string {
	text, ok := examples()[name]
	if !ok {
		text = "1"
	}
	return text + strings.Repeat(text[len(text)-1:], int(limit)+1-len(text))
}

func (g *requester) number(s shape, name, path string, with func(any) any) {
	r := s.Traits.Range
	if r != nil && r.Min != nil {
		g.violates(path+" is too small", with(*r.Min-1), "smithy.api#range of "+name, fault(fmt.Sprintf("'%d'", *r.Min-1), path, atLeast("value", *r.Min)))
	}
	if r != nil && r.Max != nil {
		g.violates(path+" is too large", with(*r.Max+1), "smithy.api#range of "+name, fault(fmt.Sprintf("'%d'", *r.Max+1), path, atMost("value", *r.Max)))
	}
}

func (g *requester) list(s shape, name, path string, with func(any) any) {
	if l := s.Traits.Length; l != nil && l.Min != nil && *l.Min > 0 {
		g.violates(path+" is empty", with([]any{}), "smithy.api#length of "+name, fault("'[]'", path, atLeast("length", *l.Min)))
	}
	element := g.model.Shapes[s.Member.Target]
	switch {
	case element.Type == "enum":
		rule := "Member must satisfy constraint: [Member must satisfy enum value set: [" + strings.Join(enumValues(element, short(s.Member.Target)), ", ") + "]]"
		g.violates(path+" has no value of the enum", with([]any{"nope"}), "values of "+short(s.Member.Target), fault("'[nope]'", path, rule))
	case element.Type == "string" && element.Traits.Length != nil:
		l, long := element.Traits.Length, strings.Repeat("a", int(*element.Traits.Length.Max)+1)
		rule := "Member must satisfy constraint: [" + atMost("length", *l.Max) + ", " + atLeast("length", *l.Min) + "]"
		g.violates(path+" has a long element", with([]any{long}), "smithy.api#length of "+short(s.Member.Target), fault("'["+long+"]'", path, rule))
	}
}
