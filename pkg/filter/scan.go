package filter

import (
	"bytes"
	"unicode/utf8"
)

const (
	// MaxData is the largest data, in bytes, that is looked into: what Kinesis takes
	// unless more is asked for, and a millisecond or two of scanning.
	MaxData = 1 << 20
	// MaxDepth is how deeply objects and lists of data may be nested.
	MaxDepth = 64
	// MaxValues is how many values data may have, those in objects and lists included.
	// Each takes 48 bytes of memory while its event is looked at.
	MaxValues = 1 << 16
)

// kind says what a node is.
type kind uint8

const (
	kindNull kind = iota
	kindFalse
	kindTrue
	kindNumber
	kindString
	kindList
	kindObject
)

// node is one value of a JSON text. The values in an object or a list follow it, each
// with what is in it: the first one is the next node, and each one knows where the one
// beside it is. Nodes hold positions in the text, and no copies.
type node struct {
	event *Event
	// key is the key of a member of an object, text that of a string, without their
	// quotes, or that of a number.
	key, text span
	self      uint32 // its own index
	after     uint32 // the index of the node after all that is in this one
	count     uint32 // of members or elements
	kind      kind
}

// span is a part of the text.
type span struct {
	from, to uint32
	escaped  bool // has escapes, if it is of a string
}

// scanner makes nodes of a JSON text, and tells whether it is one. It is as strict as
// encoding/json, and stricter where what a text means depends on who reads it: it must
// be UTF-8.
//
// It is there because all else takes longer. Measured on a report of 260 bytes and 27
// values: this scan takes 0.6 us, once for all filters, and finding a member 0.1 us. gjson
// takes 0.4 us to see that a text is JSON, which its search does not, and 0.2 to 0.3 us for
// every member that a filter looks at; encoding/json takes 8 us and 67 allocations. See
// BenchmarkData.
type scanner struct {
	event *Event
	text  []byte
	at    int
	nodes []node
}

// scan appends the nodes of the text to s.nodes. ok is false if the text is not JSON, or
// beyond the limits.
func (s *scanner) scan() (ok bool) {
	if len(s.text) > MaxData || !utf8.Valid(s.text) || !s.value(span{}, 0) {
		return false
	}
	s.space()
	return s.at == len(s.text)
}

// value scans a value that is in depth others.
func (s *scanner) value(key span, depth int) (ok bool) {
	s.space()
	if s.at == len(s.text) || len(s.nodes) == MaxValues {
		return false
	}
	n := s.add(key)
	switch s.text[s.at] {
	case '{':
		n.kind = kindObject
		return depth < MaxDepth && s.object(n.self, depth+1)
	case '[':
		n.kind = kindList
		return depth < MaxDepth && s.list(n.self, depth+1)
	case '"':
		n.kind = kindString
		n.text, ok = s.str()
	case 't':
		n.kind, ok = kindTrue, s.word("true")
	case 'f':
		n.kind, ok = kindFalse, s.word("false")
	case 'n':
		n.kind, ok = kindNull, s.word("null")
	default:
		n.kind = kindNumber
		n.text, ok = s.number()
	}
	return ok
}

// add adds a node. It writes field by field, which is faster than to copy a node.
func (s *scanner) add(key span) *node {
	i := len(s.nodes)
	if i < cap(s.nodes) {
		s.nodes = s.nodes[:i+1]
	} else {
		s.nodes = append(s.nodes, node{})
	}
	n := &s.nodes[i]
	n.event, n.key, n.self, n.after, n.count = s.event, key, uint32(i), uint32(i+1), 0
	return n
}

// object scans the members of the object that is the node self, from its brace on.
func (s *scanner) object(self uint32, depth int) bool {
	s.at++
	count := uint32(0)
	for ; !s.char('}'); count++ {
		if count > 0 && !s.char(',') {
			return false
		}
		s.space()
		key, ok := s.str()
		if !ok || !s.char(':') || !s.value(key, depth) {
			return false
		}
	}
	s.nodes[self].count, s.nodes[self].after = count, uint32(len(s.nodes))
	return true
}

// list scans the elements of the list that is the node self, from its bracket on.
func (s *scanner) list(self uint32, depth int) bool {
	s.at++
	count := uint32(0)
	for ; !s.char(']'); count++ {
		if count > 0 && !s.char(',') || !s.value(span{}, depth) {
			return false
		}
	}
	s.nodes[self].count, s.nodes[self].after = count, uint32(len(s.nodes))
	return true
}

// str scans a string.
func (s *scanner) str() (span, bool) {
	if s.at == len(s.text) || s.text[s.at] != '"' {
		return span{}, false
	}
	text, from := s.text, s.at+1
	for i, escaped := from, false; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			s.at = i + 1
			return span{uint32(from), uint32(i), escaped}, true
		case c < ' ':
			return span{}, false
		case c == '\\':
			n := escape(text[i+1:])
			if n == 0 {
				return span{}, false
			}
			i += n
			escaped = true
		}
	}
	return span{}, false
}

// escape returns the length of the escape that b begins with, after its backslash; 0 if
// it begins with none.
func escape(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	switch b[0] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 1
	case 'u':
		const hexDigits = 4
		if len(b) <= hexDigits {
			return 0
		}
		for _, c := range b[1 : 1+hexDigits] {
			if !digit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
				return 0
			}
		}
		return 1 + hexDigits
	}
	return 0
}

// number scans a number.
func (s *scanner) number() (span, bool) {
	from := s.at
	s.skip('-')
	if !s.skip('0') && !s.digits() {
		return span{}, false
	}
	if s.skip('.') && !s.digits() {
		return span{}, false
	}
	if s.skip('e') || s.skip('E') {
		if !s.skip('+') {
			s.skip('-')
		}
		if !s.digits() {
			return span{}, false
		}
	}
	return span{from: uint32(from), to: uint32(s.at)}, true
}

// digits skips digits, and tells whether there is one.
func (s *scanner) digits() bool {
	from := s.at
	for s.at < len(s.text) && digit(s.text[s.at]) {
		s.at++
	}
	return s.at > from
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// word skips a word, and tells whether it is there.
func (s *scanner) word(w string) bool {
	if !bytes.HasPrefix(s.text[s.at:], []byte(w)) {
		return false
	}
	s.at += len(w)
	return true
}

// char skips white space and the byte c after it, and tells whether that is there.
func (s *scanner) char(c byte) bool {
	s.space()
	return s.skip(c)
}

// skip skips the byte c, and tells whether it is there.
func (s *scanner) skip(c byte) bool {
	if s.at == len(s.text) || s.text[s.at] != c {
		return false
	}
	s.at++
	return true
}

// space skips white space.
func (s *scanner) space() {
	if s.at < len(s.text) && s.text[s.at] <= ' ' {
		s.spaces()
	}
}

func (s *scanner) spaces() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}
