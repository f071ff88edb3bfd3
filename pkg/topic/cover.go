package topic

import (
	"slices"
	"strings"
)

// CoveredBy tells whether every topic that p matches is matched by one of grants,
// also where no single grant does it: a.* and a.*.> together cover a.>. The zero
// Pattern is covered by nothing.
//
// It is exact for up to 86 grants. There are 87 tokens of one byte, so with fewer
// grants each * of p can stand for a token that no grant spells: what matches the
// topic made of such tokens has wildcards there, and covers all of p. With more
// grants, some of which spell out all that a * can stand for, it may say no.
func (p Pattern) CoveredBy(grants []Pattern) bool {
	if p.coveredByOne(grants) {
		return true
	}
	stem, open := strings.CutSuffix(p.text, rest)
	if !open {
		return false
	}
	// Topics are finite, so > is a * or a few: each number of them is looked at alone.
	for text := stem + one; fits(text); text += "." + one {
		if !(Pattern{text}).coveredByOne(grants) {
			return false
		}
	}
	return true
}

func (p Pattern) coveredByOne(grants []Pattern) bool {
	return slices.ContainsFunc(grants, func(g Pattern) bool { return g.Covers(p) })
}

// fits tells whether a topic can be as long as text.
func fits(text string) bool {
	return len(text) <= MaxBytes && strings.Count(text, ".") < MaxTokens
}
