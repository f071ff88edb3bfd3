package topic

import (
	"bytes"
	"slices"
)

// Index finds the patterns that match a topic, and what was added with them. What that
// costs depends on the number of the topic's tokens, not on how many patterns or topics
// there are, but for patterns that differ from it in wildcards only. The zero Index is
// empty. Nobody may use it while it is changed.
type Index[V comparable] struct{ root branch[V] }

// branch is what patterns have in common up to some token.
type branch[V comparable] struct {
	next map[string]*branch[V] // by the token that follows
	one  *branch[V]            // where any token follows
	here []V                   // of the patterns that end here
	rest []V                   // of those that end after here, with >
}

func (b *branch[V]) empty() bool {
	return len(b.next) == 0 && b.one == nil && len(b.here) == 0 && len(b.rest) == 0
}

// Add adds v with a pattern. It may be added with many.
func (x *Index[V]) Add(p Pattern, v V) {
	if p.text == "" {
		return // it matches nothing
	}
	b := &x.root
	for tok := range bytes.SplitSeq([]byte(p.text), []byte(".")) {
		switch string(tok) {
		case rest:
			b.rest = append(b.rest, v)
			return
		case one:
			if b.one == nil {
				b.one = &branch[V]{}
			}
			b = b.one
		default:
			if b.next == nil {
				b.next = map[string]*branch[V]{}
			}
			if b.next[string(tok)] == nil {
				b.next[string(tok)] = &branch[V]{}
			}
			b = b.next[string(tok)]
		}
	}
	b.here = append(b.here, v)
}

// Remove undoes an Add of the same pattern.
func (x *Index[V]) Remove(p Pattern, v V) {
	if p.text != "" {
		x.root.remove([]byte(p.text), v)
	}
}

func (b *branch[V]) remove(text []byte, v V) {
	tok, more, further := bytes.Cut(text, []byte("."))
	switch {
	case string(tok) == rest:
		b.rest = without(b.rest, v)
		return
	case string(tok) == one:
		if b.one == nil {
			return
		}
		b.one.leave(more, further, v)
		if b.one.empty() {
			b.one = nil
		}
		return
	}
	if next := b.next[string(tok)]; next != nil {
		next.leave(more, further, v)
		if next.empty() {
			delete(b.next, string(tok))
		}
	}
}

// leave removes what the rest of a pattern leads to.
func (b *branch[V]) leave(more []byte, further bool, v V) {
	if further {
		b.remove(more, v)
		return
	}
	b.here = without(b.here, v)
}

func without[V comparable](list []V, v V) []V {
	if i := slices.Index(list, v); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}

// AppendMatches appends to dst what was added with the patterns that match a topic, which
// must be valid: once for each of them. It allocates for dst only.
func (x *Index[V]) AppendMatches(dst []V, name []byte) []V {
	if bytes.HasPrefix(name, []byte(OperatorPrefix)) { // which no wildcard stands for
		tok, more, further := bytes.Cut(name, []byte("."))
		if next := x.root.next[string(tok)]; next != nil {
			dst = next.appendAfter(dst, more, further)
		}
		return dst
	}
	return x.root.appendMatches(dst, name)
}

func (b *branch[V]) appendMatches(dst []V, name []byte) []V {
	dst = append(dst, b.rest...)
	tok, more, further := bytes.Cut(name, []byte("."))
	if next := b.next[string(tok)]; next != nil {
		dst = next.appendAfter(dst, more, further)
	}
	if b.one != nil {
		dst = b.one.appendAfter(dst, more, further)
	}
	return dst
}

// appendAfter goes on with what comes after b's token, if anything does.
func (b *branch[V]) appendAfter(dst []V, more []byte, further bool) []V {
	if further {
		return b.appendMatches(dst, more)
	}
	return append(dst, b.here...)
}
