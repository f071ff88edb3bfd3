package pattern

import (
	"errors"
	"strings"
)

// parseWildcard reads a text in which * stands for any characters; \* and \\ are the characters themselves.
func parseWildcard(text string) (func(string) bool, error) {
	parts := []string{""} // between the wildcards
	last := func() *string { return &parts[len(parts)-1] }
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '*' && i > 0 && text[i-1] == '*' && *last() == "" && len(parts) > 1:
			return nil, errors.New("consecutive wildcards are not allowed")
		case c == '*':
			parts = append(parts, "")
		case c == '\\' && i+1 < len(text) && (text[i+1] == '*' || text[i+1] == '\\'):
			i++
			*last() += string(text[i])
		case c == '\\':
			return nil, errors.New("a backslash must be before * or \\")
		default:
			*last() += string([]byte{c})
		}
	}
	return func(s string) bool { return matchParts(s, parts) }, nil
}

// matchParts takes each part at the first place where it is: a later one never helps the parts that follow.
func matchParts(s string, parts []string) bool {
	first, rest := parts[0], parts[1:]
	s, ok := strings.CutPrefix(s, first)
	if !ok || len(rest) == 0 {
		return ok && s == ""
	}
	for _, part := range rest[:len(rest)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return strings.HasSuffix(s, rest[len(rest)-1])
}
