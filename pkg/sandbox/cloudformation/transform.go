package cloudformation

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// languageExtensions is the one transform that is carried out: Fn::ForEach, Fn::Length, Fn::ToJsonString, DefaultValue of
// Fn::FindInMap, and functions in DeletionPolicy and UpdateReplacePolicy.
const languageExtensions = "AWS::LanguageExtensions"

const forEachPrefix = "Fn::ForEach::"

// readTransforms reads the Transform section; one that is not known is refused, as leaving it out would deploy something else.
func (t *template) readTransforms(sections map[string]any) error {
	v, ok := sections["Transform"]
	if !ok {
		return nil
	}
	items, isList := v.([]any)
	if !isList {
		items = []any{v}
	}
	for _, item := range items {
		name, isText := item.(string)
		switch {
		case !isText:
			return validationError("Template format error: only names of transforms are supported by this emulator in the Transform section.")
		case name != languageExtensions:
			return validationError("Transform %s is not supported by this emulator.", clip(name))
		}
		t.transforms = append(t.transforms, name)
	}
	return nil
}

// unexpanded is the template before its transform; nil of nil.
func (t *template) unexpanded() *template {
	if t != nil && t.original != nil {
		return t.original
	}
	return t
}

func (t *template) extended() bool { return slices.Contains(t.transforms, languageExtensions) }

// refuseExtensions names a function that only the transform makes.
func refuseExtensions(v any) error {
	switch m := v.(type) {
	case []any:
		for _, item := range m {
			if err := refuseExtensions(item); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if key == "Fn::ToJsonString" || key == "Fn::Length" || strings.HasPrefix(key, forEachPrefix) {
				return unsupportedFunction(key)
			}
			if list, ok := m[key].([]any); ok && key == "Fn::FindInMap" && len(list) == 4 {
				return findInMapShape()
			}
			if err := refuseExtensions(m[key]); err != nil {
				return err
			}
		}
	}
	return nil
}

func transformFailed(format string, args ...any) *apiError {
	e := validationError(format, args...)
	e.message = "Transform " + languageExtensions + " failed with: " + e.message
	return e
}

// expand carries the transform out for parameter values; a template without one is returned as it is. The scope needs what a
// transform can know: parameters, pseudo parameters and mappings.
func (t *template) expand(sc *scope) (*template, error) {
	if !t.extended() {
		return t, nil
	}
	out := *t
	out.original = t
	out.lines = maps.Clone(t.lines)
	x := &expander{scope: sc, lines: out.lines}
	doc := maps.Clone(t.document)
	delete(doc, "Transform")
	for _, name := range []string{"Conditions", "Resources", "Outputs"} {
		v, ok := doc[name]
		if !ok {
			continue
		}
		expanded, err := x.value(v, "/"+name, nil)
		if err != nil {
			return nil, err
		}
		doc[name] = expanded
	}
	if err := out.readConditions(doc); err != nil {
		return nil, err
	}
	if err := out.settlePolicies(doc, sc); err != nil {
		return nil, err
	}
	out.document = doc
	return &out, out.complete(doc)
}

// settlePolicies evaluates functions in policies, which the transform allows.
func (t *template) settlePolicies(doc map[string]any, sc *scope) error {
	resources, _ := doc["Resources"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(resources)) {
		body, _ := resources[name].(map[string]any)
		for _, key := range []string{"DeletionPolicy", "UpdateReplacePolicy"} {
			v, isMap := body[key].(map[string]any)
			if !isMap {
				continue
			}
			e, err := parseExpression(v)
			if err != nil {
				return err
			}
			if sc.conditions == nil {
				if err := evaluateConditions(t.conditions, sc); err != nil {
					return err
				}
			}
			if body[key], err = e.evaluate(sc); err != nil {
				return transformFailed("%s of %s: %s", key, name, reasonText(err))
			}
			if _, drop := body[key].(noValue); drop {
				delete(body, key)
			}
		}
	}
	return nil
}

// expander replaces Fn::ForEach by what it makes.
type expander struct {
	scope  *scope
	lines  lines
	turns  int
	values int
}

// binding is an identifier of a Fn::ForEach around a value, with its value for this turn.
type binding struct{ name, value string }

// value copies v with the bindings put in and every Fn::ForEach expanded.
func (x *expander) value(v any, path string, bound []binding) (any, error) {
	if x.values++; x.values > maxExpandedValues {
		return nil, transformFailed("the template becomes larger than %d values", maxExpandedValues)
	}
	switch t := v.(type) {
	case string:
		if err := x.scope.spend(grown(t, bound)); err != nil {
			return nil, err
		}
		return substitute(t, bound), nil
	case []any:
		out := make([]any, 0, len(t))
		for _, item := range t {
			e, err := x.value(item, path, bound)
			if err != nil {
				return nil, err
			}
			out = append(out, e)
		}
		return out, nil
	case map[string]any:
		return x.object(t, path, bound)
	}
	return v, nil
}

func (x *expander) object(m map[string]any, path string, bound []binding) (any, error) {
	if name, ok := m["Ref"].(string); ok && len(m) == 1 {
		for _, b := range slices.Backward(bound) {
			if b.name == name {
				return b.value, nil
			}
		}
	}
	out := make(map[string]any, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if target := targetOf(m, key); target != nil {
			return x.reference(m, key, path, bound)
		}
		if name, ok := strings.CutPrefix(key, forEachPrefix); ok {
			if err := x.forEach(out, loop{name, path, m[key]}, bound); err != nil {
				return nil, err
			}
			continue
		}
		if err := x.scope.spend(grown(key, bound)); err != nil {
			return nil, err
		}
		full := substitute(key, bound)
		v, err := x.value(m[key], path+"/"+full, bound)
		if err != nil {
			return nil, err
		}
		if err := merge(out, full, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// targetOf is the function that names what a Ref or Fn::GetAtt reads; nil where the name is plain text.
func targetOf(m map[string]any, key string) any {
	if len(m) != 1 || key != "Ref" && key != "Fn::GetAtt" {
		return nil
	}
	target := m[key]
	if list, ok := target.([]any); ok && len(list) > 0 {
		target = list[0]
	}
	if function, ok := target.(map[string]any); ok {
		return function
	}
	return nil
}

// reference evaluates the name that a Ref or Fn::GetAtt reads, which may be a function of what a transform knows.
func (x *expander) reference(m map[string]any, key, path string, bound []binding) (any, error) {
	target, err := x.value(targetOf(m, key), path, bound)
	if err != nil {
		return nil, err
	}
	e, err := parseExpression(target)
	if err != nil {
		return nil, err
	}
	name, err := x.scope.text(e, "what "+key+" names")
	if err != nil {
		return nil, transformFailed("%s", reasonText(err))
	}
	list, isList := m[key].([]any)
	if !isList {
		return map[string]any{key: name}, nil
	}
	rest, err := x.value(list[1:], path, bound)
	if err != nil {
		return nil, err
	}
	return map[string]any{key: append([]any{name}, asList(rest)...)}, nil
}

// loop is one Fn::ForEach: its name, the path of the object that it is in, and its argument.
type loop struct {
	name, path string
	argument   any
}

// forEach puts what a Fn::ForEach makes into the object around it.
func (x *expander) forEach(into map[string]any, l loop, bound []binding) error {
	list, _ := l.argument.([]any)
	if len(list) != 3 {
		return transformFailed("Fn::ForEach::%s layout is incorrect: it takes an identifier, a collection and an output map", clip(l.name))
	}
	identifier, ok := list[0].(string)
	fragment, isMap := list[2].(map[string]any)
	if !ok || identifier == "" || !isMap {
		return transformFailed("Fn::ForEach::%s layout is incorrect: it takes an identifier, a collection and an output map", clip(l.name))
	}
	items, err := x.collection(list[1], l, bound)
	if err != nil {
		return err
	}
	for _, item := range items {
		if x.turns++; x.turns > maxForEachTurns {
			return transformFailed("Fn::ForEach makes more than %d values", maxForEachTurns)
		}
		made, err := x.value(fragment, l.path, append(slices.Clone(bound), binding{identifier, item}))
		if err != nil {
			return err
		}
		object, _ := made.(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(object)) {
			x.lines[l.path+"/"+key] = x.lines.at(l.path + "/" + forEachPrefix + l.name)
			if err := merge(into, key, object[key]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *expander) collection(v any, l loop, bound []binding) ([]string, error) {
	v, err := x.value(v, l.path, bound)
	if err != nil {
		return nil, err
	}
	e, err := parseExpression(v)
	if err != nil {
		return nil, err
	}
	items, err := x.scope.texts(e, "the collection of "+forEachPrefix+l.name)
	if err != nil {
		return nil, transformFailed("%s", reasonText(err))
	}
	for i, item := range items {
		if unmade(item) {
			return nil, transformFailed("Fn::ForEach::%s needs a collection that is known before anything is made", clip(l.name))
		}
		if slices.Contains(items[:i], item) {
			return nil, transformFailed("the collection of Fn::ForEach::%s has %q twice", clip(l.name), clip(item))
		}
	}
	return items, nil
}

func merge(into map[string]any, key string, v any) error {
	if _, twice := into[key]; twice {
		return transformFailed("Duplicate key '%s' when merging keys to parent object in Fn::ForEach", clip(key))
	}
	into[key] = v
	return nil
}

// substitute puts values in for ${Identifier}, and, without what is not a letter or a digit, for &{Identifier}. The innermost
// loop goes first.
func substitute(text string, bound []binding) string {
	for _, b := range slices.Backward(bound) {
		text = strings.ReplaceAll(text, "${"+b.name+"}", b.value)
		if strings.Contains(text, "&{"+b.name+"}") {
			text = strings.ReplaceAll(text, "&{"+b.name+"}", strings.Map(alphanumeric, b.value))
		}
	}
	return text
}

// grown is at most how long a text becomes by substitute, if values have no loop's name in them.
func grown(text string, bound []binding) int {
	n := 0
	for _, b := range bound {
		n += strings.Count(text, b.name) * len(b.value)
	}
	if n == 0 {
		return 0 // it stays what it is, which the template's own limit bounds
	}
	return len(text) + n
}

func alphanumeric(r rune) rune {
	if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
		return r
	}
	return -1
}

// processed is the template after its transform, in JSON, as AWS shows it; without a transform it is the text as it was given.
func (t *template) processed() string {
	if t.original == nil {
		return t.body
	}
	text, err := json.MarshalIndent(t.document, "", "  ")
	if err != nil {
		return t.body // only a value no template can hold fails here
	}
	return string(text)
}
