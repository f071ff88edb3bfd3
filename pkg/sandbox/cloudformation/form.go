package cloudformation

import (
	"net/url"
	"strconv"
	"strings"
)

// form is a Query-protocol request: Name=..., List.member.1=..., List.member.1.Field=...
type form struct {
	values url.Values
	prefix string
}

func (f form) text(name string) string { return f.values.Get(f.prefix + name) }

func (f form) has(name string) bool {
	_, ok := f.values[f.prefix+name]
	return ok
}

// boolean reads true or false; absent is false.
func (f form) boolean(name string) (bool, error) {
	switch text := f.text(name); text {
	case "":
		return false, nil
	case "true", "false":
		return text == "true", nil
	default:
		return false, &apiError{400, "MalformedInput", "'" + clip(text) + "' at '" + lowerFirst(name) + "' is not a boolean"}
	}
}

// list reads a list of scalars.
func (f form) list(name string) []string {
	var out []string
	for i := 1; f.has(member(name, i)); i++ {
		out = append(out, f.text(member(name, i)))
	}
	return out
}

// structs reads a list of structures; each is a form of its own. The numbers are consecutive, as every client makes them.
func (f form) structs(name string) []form {
	count := 0
	start := f.prefix + name + ".member."
	for key := range f.values {
		rest, ok := strings.CutPrefix(key, start)
		if !ok {
			continue
		}
		digits, _, _ := strings.Cut(rest, ".")
		// A number beyond the count of values cannot be consecutive, and must not size anything here.
		if n, err := strconv.Atoi(digits); err == nil && n <= len(f.values) {
			count = max(count, n)
		}
	}
	out := make([]form, 0, count)
	for i := 1; i <= count; i++ {
		out = append(out, form{f.values, f.prefix + member(name, i) + "."})
	}
	return out
}

func member(name string, i int) string { return name + ".member." + strconv.Itoa(i) }

func lowerFirst(name string) string { return strings.ToLower(name[:1]) + name[1:] }
