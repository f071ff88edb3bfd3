package filter

import "strings"

// Join returns the text of the filter that is true where all filters of the texts are.
// Each must be the text of a filter; together they may still be too long, too deep or too
// costly to be one.
func Join(texts []string) string {
	if len(texts) == 1 {
		return texts[0]
	}
	parts := make([]string, len(texts))
	for i, text := range texts {
		if strings.Contains(text, "//") {
			text += "\n" // where a comment ends, before the bracket
		}
		parts[i] = "(" + text + ")"
	}
	return strings.Join(parts, " && ")
}
