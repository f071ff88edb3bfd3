package topic

import (
	"fmt"
	"slices"
	"strings"
)

const (
	one  = "*" // matches one token
	rest = ">" // matches all the remaining tokens, at least one
)

// Pattern is a validated pattern. The zero Pattern matches nothing.
type Pattern struct{ text string }

// Parse returns the pattern that text spells, or an error that names the rule
// which text breaks.
func Parse(text string) (Pattern, error) {
	if err := validateTokens(text); err != nil {
		return Pattern{}, fmt.Errorf("pattern %w", err)
	}
	tokens := strings.Split(text, ".")
	for i, tok := range tokens {
		switch {
		case tok == one || tok == rest && i == len(tokens)-1:
		case tok == rest:
			return Pattern{}, fmt.Errorf("pattern %s: > may only be the last token", quote(text))
		case strings.ContainsAny(tok, "*>"):
			return Pattern{}, fmt.Errorf("pattern %s: token %q: a wildcard stands alone in its token", quote(text), tok)
		}
	}
	return Pattern{text}, nil
}

// ParseAll parses every one of texts; the error names the first that is wrong.
func ParseAll(texts []string) ([]Pattern, error) {
	ps := make([]Pattern, 0, len(texts))
	for i, t := range texts {
		p, err := Parse(t)
		if err != nil {
			return nil, fmt.Errorf("patterns[%d]: %w", i, err)
		}
		ps = append(ps, p)
	}
	return ps, nil
}

// String returns the text of p.
func (p Pattern) String() string { return p.text }

// IsTopic tells whether p has no wildcard: it matches exactly one topic.
func (p Pattern) IsTopic() bool {
	return p.text != "" && !strings.ContainsAny(p.text, "*>")
}

// Match tells whether p matches the topic name, which must be valid. It does not
// allocate.
func (p Pattern) Match(name string) bool {
	return p.text != "" && overlay(p.text, name)
}

// Covers tells whether every topic that q matches is matched by p, by how they are
// spelled: a > is taken to stand for any number of tokens. CoveredBy is exact.
func (p Pattern) Covers(q Pattern) bool {
	return p.text != "" && q.text != "" && overlay(p.text, q.text)
}

// overlay walks over both token by token. A wildcard in name stands for any
// token, so only a wildcard in pattern that is at least as wide takes it: with
// that reading, matching a topic and covering a pattern are the same walk.
func overlay(pattern, name string) bool {
	operators := strings.HasPrefix(name, OperatorPrefix)
	for first := true; ; first = false {
		pt, pmore, pok := strings.Cut(pattern, ".")
		nt, nmore, nok := strings.Cut(name, ".")
		wild := pt == one || pt == rest
		switch {
		case wild && first && operators:
			return false
		case pt == rest:
			return true
		case nt == rest, pt != one && pt != nt:
			return false
		case !pok || !nok:
			return pok == nok
		}
		pattern, name = pmore, nmore
	}
}

// Canonical returns ps without the patterns that another one covers, sorted:
// equal sets of topics that are spelled alike have one canonical form.
func Canonical(ps []Pattern) []Pattern {
	sorted := slices.SortedFunc(slices.Values(ps), func(a, b Pattern) int { return strings.Compare(a.text, b.text) })
	sorted = slices.Compact(sorted)
	return slices.DeleteFunc(slices.Clone(sorted), func(p Pattern) bool {
		return slices.ContainsFunc(sorted, func(q Pattern) bool { return q != p && q.Covers(p) })
	})
}
