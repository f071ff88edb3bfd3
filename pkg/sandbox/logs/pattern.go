package logs

import "strings"

// pattern is a filter pattern of terms: all of must, none of not and, if there are any, one of some are in a message.
type pattern struct {
	must, not, some []string
}

// parsePattern reads a filter pattern.
func parsePattern(text string) (pattern, *Error) {
	var p pattern
	if len(text) > maxPattern {
		return p, constraint("filterPattern", text, "have length less than or equal to 1024")
	}
	rest := strings.TrimSpace(text)
	if rest != "" && strings.ContainsAny(rest[:1], "{[%") {
		return p, errorf(CodeInvalidParameter, "Filter patterns that begin with %q are not supported by the sandbox", rest[:1])
	}
	for rest != "" {
		into := &p.must
		switch rest[0] {
		case '-':
			into, rest = &p.not, rest[1:]
		case '?':
			into, rest = &p.some, rest[1:]
		}
		term, after, ok := cutTerm(rest)
		if !ok {
			return p, errorf(CodeInvalidParameter, "Invalid character(s) in term '%s'", rest)
		}
		*into = append(*into, term)
		rest = strings.TrimSpace(after)
	}
	return p, nil
}

// cutTerm cuts the first term off: a word, or a phrase in quotes.
func cutTerm(text string) (term, rest string, ok bool) {
	if phrase, quoted := strings.CutPrefix(text, `"`); quoted {
		return strings.Cut(phrase, `"`)
	}
	term, rest, _ = strings.Cut(text, " ")
	return term, rest, term != ""
}

// matches tells whether a message has what the pattern asks for; case matters.
func (p pattern) matches(message string) bool {
	for _, term := range p.must {
		if !strings.Contains(message, term) {
			return false
		}
	}
	for _, term := range p.not {
		if strings.Contains(message, term) {
			return false
		}
	}
	for _, term := range p.some {
		if strings.Contains(message, term) {
			return true
		}
	}
	return len(p.some) == 0
}
