package fanout

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/spillway/spillway/pkg/filter"
	"github.com/spillway/spillway/pkg/topic"
)

// Rule lets through the events of topics that Pattern matches and, if it is set, Filter
// is true for.
type Rule struct {
	Pattern topic.Pattern
	Filter  *filter.Filter
}

// scope says which events a view has. It never changes.
type scope struct {
	patterns []topic.Pattern // canonical
	rules    []Rule          // canonical
	filter   *filter.Filter
	maxEvent int // larger events are left out, with a gap
}

func scopeOf(req Request) scope {
	patterns := topic.Canonical(req.Patterns)
	return scope{patterns, canonicalRules(patterns, req.Rules), req.Filter, req.MaxEventBytes}
}

// canonicalRules returns the rules that make a difference to patterns, sorted: who may
// read all that is asked for shares a view whatever else each may read.
func canonicalRules(patterns []topic.Pattern, rules []Rule) []Rule {
	free := func(p topic.Pattern) bool {
		return slices.ContainsFunc(rules, func(r Rule) bool { return r.Filter == nil && r.Pattern.Covers(p) })
	}
	if !slices.ContainsFunc(patterns, func(p topic.Pattern) bool { return !free(p) }) {
		return nil
	}
	rules = slices.DeleteFunc(slices.Clone(rules), func(r Rule) bool { return r.Filter != nil && free(r.Pattern) })
	slices.SortFunc(rules, func(a, b Rule) int {
		return cmp.Or(cmp.Compare(a.Pattern.String(), b.Pattern.String()), cmp.Compare(textOf(a.Filter), textOf(b.Filter)))
	})
	return slices.CompactFunc(rules, func(a, b Rule) bool {
		return a.Pattern == b.Pattern && textOf(a.Filter) == textOf(b.Filter)
	})
}

// textOf returns the text of a filter, which is empty for none only.
func textOf(f *filter.Filter) string {
	if f == nil {
		return ""
	}
	return f.String()
}

// key is equal for scopes that have the same events.
func (s *scope) key() string {
	var b strings.Builder
	for _, p := range s.patterns {
		b.WriteString(p.String())
		b.WriteByte(' ')
	}
	b.WriteString(strconv.Itoa(s.maxEvent))
	b.WriteString(strconv.Quote(textOf(s.filter))) // quoted, a text cannot look like what follows it
	for _, r := range s.rules {
		b.WriteString(r.Pattern.String())
		b.WriteString(strconv.Quote(textOf(r.Filter)))
	}
	return b.String()
}

// cost is what the filters cost for an event at most, by their estimates.
func (s *scope) cost() uint64 {
	sum := uint64(0)
	if s.filter != nil {
		sum = s.filter.Cost()
	}
	for _, r := range s.rules {
		if r.Filter != nil {
			sum += r.Filter.Cost()
		}
	}
	return sum
}

// gate is what an event of one topic has to pass: one of the rules, if there are any, and
// the filter, if there is one.
type gate struct {
	rules  []*filter.Filter
	filter *filter.Filter
}

// open tells whether everything passes g.
func (g *gate) open() bool { return len(g.rules) == 0 && g.filter == nil }

// gate returns what events of a topic have to pass; ok is false if none has a chance.
func (s *scope) gate(name string) (g gate, ok bool) {
	if !slices.ContainsFunc(s.patterns, func(p topic.Pattern) bool { return p.Match(name) }) {
		return gate{}, false
	}
	g.filter = s.filter
	for _, r := range s.rules {
		switch {
		case !r.Pattern.Match(name):
		case r.Filter == nil:
			return gate{filter: s.filter}, true
		default:
			g.rules = append(g.rules, r.Filter)
		}
	}
	return g, len(s.rules) == 0 || len(g.rules) > 0
}

// match tells whether events of a topic have a chance.
func (s *scope) match(name string) bool {
	_, ok := s.gate(name)
	return ok
}
