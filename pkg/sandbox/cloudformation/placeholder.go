package cloudformation

import (
	"regexp"
	"strings"
)

// Placeholder stands, as text inside of evaluated properties, for a value that only a made resource has. Functions such as Fn::Join
// and Fn::Sub carry it on, and nested stacks pass it to each other by parameters and outputs.
type Placeholder struct {
	// Path leads to the resource: logical ids from the root stack down, such as Network/Vpc.
	Path string
	// Attribute is what Fn::GetAtt asked for; empty is the physical id that Ref answers.
	Attribute string
	// Derived says that a function took only a part of the value, or made something else of it.
	Derived bool
}

var placeholderPattern = regexp.MustCompile(`\{\{made:([^#~{}]*)(?:#([^~{}]*))?(~?)\}\}`)

// String is the text that stands in a property.
func (p Placeholder) String() string {
	text := "{{made:" + p.Path
	if p.Attribute != "" {
		text += "#" + p.Attribute
	}
	if p.Derived {
		text += "~"
	}
	return text + "}}"
}

// ParsePlaceholder reads a text that is one placeholder and nothing else.
func ParsePlaceholder(text string) (Placeholder, bool) {
	found := placeholderPattern.FindStringSubmatchIndex(text)
	if found == nil || found[0] != 0 || found[1] != len(text) {
		return Placeholder{}, false
	}
	return Placeholders(text)[0], true
}

// Placeholders lists those in a text, in order.
func Placeholders(text string) []Placeholder {
	if !strings.Contains(text, "{{made:") {
		return nil
	}
	var out []Placeholder
	for _, m := range placeholderPattern.FindAllStringSubmatch(text, -1) {
		out = append(out, Placeholder{m[1], m[2], m[3] != ""})
	}
	return out
}

// derived is what stands for something made of v, which has a placeholder; ok is false where v has none.
func derived(v any) (text string, ok bool) {
	switch t := v.(type) {
	case string:
		if found := Placeholders(t); found != nil {
			found[0].Derived = true
			return found[0].String(), true
		}
	case []any:
		for _, item := range t {
			if text, ok := derived(item); ok {
				return text, true
			}
		}
	case map[string]any:
		for _, item := range t {
			if text, ok := derived(item); ok {
				return text, true
			}
		}
	}
	return "", false
}

// unmade says whether an evaluated value still has placeholders.
func unmade(v any) bool {
	_, ok := derived(v)
	return ok
}

// knownAfterApply is how AWS shows a value that has placeholders.
const knownAfterApply = "{{changeSet:KNOWN_AFTER_APPLY}}"

// splitAround cuts text at delimiter, but never inside of a placeholder.
func splitAround(text, delimiter string) []string {
	var kept []string
	masked := placeholderPattern.ReplaceAllStringFunc(text, func(p string) string {
		kept = append(kept, p)
		return "\x00"
	})
	parts := strings.Split(masked, delimiter)
	for i := range parts {
		for strings.Contains(parts[i], "\x00") && len(kept) > 0 {
			parts[i] = strings.Replace(parts[i], "\x00", kept[0], 1)
			kept = kept[1:]
		}
	}
	return parts
}
