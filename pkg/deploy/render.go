package deploy

import (
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// maxShown is how much of a value a plan shows.
const maxShown = 60

// ANSI colours.
const (
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	plain  = "\x1b[0m"
)

// Write writes the plan: what will run, then what would change, as a tree. Replacements have the properties that cause them, and
// are red in colour.
func (p *Plan) Write(w io.Writer, colour bool) {
	for _, a := range p.Artifacts {
		fmt.Fprintf(w, "%-9s %s\n", a.Kind, a.Location)
	}
	if len(p.Changes) == 0 {
		fmt.Fprintf(w, "Stack %s: no changes.\n", p.StackName)
		return
	}
	verb := "new"
	if p.Update {
		verb = "changed"
	}
	fmt.Fprintf(w, "Stack %s, %s:\n", p.StackName, verb)
	r := renderer{w: w, colour: colour}
	r.changes(p.Changes, 1)
	fmt.Fprintf(w, "%d to add, %d to change, %d to replace, %d to remove.\n", r.added, r.changed, r.replaced, r.removed)
}

// renderer writes changes and counts them. A nested stack counts by what is in it, where that is known.
type renderer struct {
	w                                 io.Writer
	colour                            bool
	added, changed, replaced, removed int
}

func (r *renderer) changes(changes []Change, depth int) {
	indent := strings.Repeat("  ", depth)
	for _, c := range changes {
		mark, colour, count := r.style(c)
		if c.Type != stackType || c.Nested == nil {
			*count++
		}
		line := fmt.Sprintf("%s%s %-*s %s", indent, mark, 32-len(indent), c.LogicalID, c.Type)
		switch {
		case c.Replacement == string(types.ReplacementTrue):
			line += "  REPLACED because of " + strings.Join(c.causes(), ", ")
		case c.replaces() && c.Type != stackType:
			line += "  may be replaced because of " + strings.Join(c.causes(), ", ")
		}
		if c.Stateful && (c.replaces() || c.Action == string(types.ChangeActionRemove)) {
			line += "  (it holds data)"
		}
		r.line(colour, line)
		if c.Nested == nil {
			r.properties(c, indent+"    ")
		}
		r.changes(c.Nested, depth+1)
	}
}

func (r *renderer) style(c Change) (mark, colour string, count *int) {
	switch {
	case c.Action == string(types.ChangeActionAdd), c.Action == string(types.ChangeActionImport):
		return "+", green, &r.added
	case c.Action == string(types.ChangeActionRemove):
		return "-", red, &r.removed
	case c.replaces() && c.Type != stackType:
		return "!", red, &r.replaced
	}
	return "~", yellow, &r.changed
}

// properties writes what changes of a resource that is there.
func (r *renderer) properties(c Change, indent string) {
	if c.Action != string(types.ChangeActionModify) {
		return
	}
	for _, p := range c.Properties {
		line := indent + p.Name
		if p.Before != "" || p.After != "" {
			before, after := apart(p.Before, p.After)
			line += ": " + before + " -> " + after
		}
		if p.Cause != "" {
			line += " (from " + p.Cause + ")"
		}
		colour := ""
		if c.Replacement == string(types.ReplacementTrue) && p.Replaces != string(types.RequiresRecreationNever) {
			colour = red
		}
		r.line(colour, line)
	}
}

func (r *renderer) line(colour, text string) {
	if r.colour && colour != "" {
		text = colour + text + plain
	}
	fmt.Fprintln(r.w, text)
}

// later is what CloudFormation says in place of a value that it does not know yet.
const later = "{{changeSet:KNOWN_AFTER_APPLY}}"

// apart is two values on one line, of long ones the part where they differ.
func apart(before, after string) (was, will string) {
	before, after = oneLine(before), oneLine(after)
	same := 0
	for same < min(len(before), len(after)) && before[same] == after[same] {
		same++
	}
	if skip := same - maxShown/2; skip > 0 && max(len(before), len(after)) > maxShown {
		before, after = "…"+before[skip:], "…"+after[skip:]
	}
	return short(before), short(after)
}

func oneLine(value string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(value, later, "(known later)")), " ")
}

func short(value string) string {
	if runes := []rune(strings.ToValidUTF8(value, "")); len(runes) > maxShown {
		return string(runes[:maxShown-1]) + "…"
	}
	if value == "" {
		return "(none)"
	}
	return value
}
