package filter

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
)

// Error says why a text is no filter, in words for who wrote it.
type Error struct {
	// Line and Column are where it is wrong, in characters and counted from 1; 0 if it is
	// wrong as a whole.
	Line, Column int
	// Reason is what is wrong there.
	Reason string
}

// Error implements error. It names the line only if the text has got to a second one.
func (e *Error) Error() string {
	switch {
	case e.Column == 0:
		return e.Reason
	case e.Line > 1:
		return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
	}
	return fmt.Sprintf("column %d: %s", e.Column, e.Reason)
}

// maxReason bounds an error's text, in bytes: some of CEL's list all that could stand in
// a place.
const maxReason = 200

// firstOf returns the first of what CEL has found wrong; nil if that is nothing.
func firstOf(found *cel.Issues) error {
	errs := found.Errors()
	if len(errs) == 0 {
		return nil
	}
	first := slices.MinFunc(errs, func(a, b *cel.Error) int {
		return cmp.Or(cmp.Compare(a.Location.Line(), b.Location.Line()), cmp.Compare(a.Location.Column(), b.Location.Column()))
	})
	e := &Error{Reason: plain(first.Message)}
	if first.Location.Line() > 0 {
		e.Line, e.Column = first.Location.Line(), first.Location.Column()+1
	}
	return e
}

// plain takes out of a message of CEL what says nothing to who wrote the filter: its
// name for the place of all names, its marks around operators, the list of what could
// have stood in a place, and what cannot be printed.
func plain(message string) string {
	message = strings.NewReplacer(" (in container '')", "", "'_", "'", "_'", "'", "mismatched input '<EOF>'", "unexpected end").Replace(message)
	message, _, _ = strings.Cut(message, " expecting ")
	message = strings.Join(strings.Fields(message), " ")
	message = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, message)
	if len(message) > maxReason {
		message = strings.ToValidUTF8(message[:maxReason], "") + "..."
	}
	return message
}
