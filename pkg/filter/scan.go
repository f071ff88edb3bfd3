package filter

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

const (
	// MaxData is the largest data, in bytes, that is looked into: what Kinesis takes
	// unless more is asked for, and a millisecond or two of scanning.
	MaxData = 1 << 20
	// MaxDepth is how deeply objects and lists of data may be nested.
	MaxDepth = 64
	// MaxValues is how many values data may have, those in objects and lists included.
	// Each takes 48 bytes of memory.
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
	// quotes, or that of a number. What is none has an old one.
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
// It is most of what a first filter costs, so it is made for speed. Profiles of one that
// goes byte by byte, and keeps where it is in a field, show its time in exactly that. Now
// strings and numbers are taken eight bytes at a time, which also leaves the processor few
// branches to guess wrong, and the place is handed on in a register. So 200 bytes with 13
// values take 250 ns where they took 370, once for all filters. gjson takes as long to see
// that they are JSON, and again to find one member; encoding/json takes 5 us and 38
// allocations. See BenchmarkData. One loop without calls has been tried, and is not
// measurably faster than this.
type scanner struct {
	event *Event
	text  []byte
	nodes []node // all that there is room for
	count int    // of those made
	wide  bool   // there is a character beyond ASCII
}

// failed is where a scan is that has found that the text is not JSON, or beyond limits.
const failed = -1

// scan makes the nodes of a text. ok is false if it is not JSON, or beyond the limits.
func (e *Event) scan(text []byte) (ok bool) {
	if len(text) > MaxData {
		return false
	}
	s := scanner{event: e, text: text, nodes: e.nodes[:cap(e.nodes)]}
	i := failed
	if s.room() {
		i = s.value(0, s.add(), 0)
	}
	e.nodes = s.nodes[:s.count]
	if i == failed {
		return false
	}
	_, i = next(text, i)
	return i == len(text) && (!s.wide || utf8.Valid(text))
}

// room tells whether one more node may be added, and makes room for it.
func (s *scanner) room() bool { return s.count < len(s.nodes) || s.grow() }

func (s *scanner) grow() bool {
	if s.count == MaxValues {
		return false
	}
	const atFirst = 32
	nodes := make([]node, min(max(2*s.count, atFirst), MaxValues))
	copy(nodes, s.nodes)
	for i := s.count; i < len(nodes); i++ {
		nodes[i].event, nodes[i].self = s.event, uint32(i) // for good
	}
	s.nodes = nodes
	return true
}

// add adds a node, for which there must be room.
func (s *scanner) add() *node {
	n := &s.nodes[s.count]
	s.count++
	n.after = uint32(s.count)
	return n
}

// value scans a value from i on, which is in depth others, into n. Like the others that
// scan it returns where it has come to, or failed.
func (s *scanner) value(i int, n *node, depth int) int {
	c, i := next(s.text, i)
	switch {
	case c == '"':
		n.kind = kindString
		return s.str(i+1, &n.text)
	case c == '-' || digit(c):
		n.kind = kindNumber
		end := number(s.text, i)
		n.text = span{from: uint32(i), to: uint32(end)}
		return end
	case c == '{' && depth < MaxDepth:
		n.kind = kindObject
		return s.object(i+1, n.self, depth+1)
	case c == '[' && depth < MaxDepth:
		n.kind = kindList
		return s.list(i+1, n.self, depth+1)
	}
	n.kind, i = word(s.text, i)
	return i
}

// object scans from behind the brace of the object that is the node self.
func (s *scanner) object(i int, self uint32, depth int) int {
	c, i := next(s.text, i)
	if c == '}' {
		return s.end(i, self, 0)
	}
	for count := uint32(1); ; count++ {
		if c != '"' || !s.room() {
			return failed
		}
		n := s.add()
		if i = s.str(i+1, &n.key); i == failed {
			return failed
		}
		if c, i = next(s.text, i); c != ':' {
			return failed
		}
		if i = s.value(i+1, n, depth); i == failed {
			return failed
		}
		switch c, i = next(s.text, i); c {
		case '}':
			return s.end(i, self, count)
		case ',':
			c, i = next(s.text, i+1)
		default:
			return failed
		}
	}
}

// list scans from behind the bracket of the list that is the node self.
func (s *scanner) list(i int, self uint32, depth int) int {
	c, i := next(s.text, i)
	if c == ']' {
		return s.end(i, self, 0)
	}
	for count := uint32(1); ; count++ {
		if !s.room() {
			return failed
		}
		if i = s.value(i, s.add(), depth); i == failed {
			return failed
		}
		switch c, i = next(s.text, i); c {
		case ']':
			return s.end(i, self, count)
		case ',':
			i++
		default:
			return failed
		}
	}
}

// end ends the object or list that is the node self with the bracket at i.
func (s *scanner) end(i int, self, count uint32) int {
	n := &s.nodes[self]
	n.count, n.after = count, uint32(s.count)
	return i + 1
}

// What looks at eight bytes at a time finds those it looks for by their top bits: x-ones
// has that of the lowest byte of x that is 0, and so has x+(0x80-n)*ones that of the
// lowest byte that is n or more. What is above that byte may be wrong.
const (
	word8 = 8
	ones  = 0x0101010101010101
	tops  = 0x80 * ones
)

// lowest returns which byte the lowest of some top bits is of.
func lowest(found uint64) int { return bits.TrailingZeros64(found) / 8 }

// str scans a string from behind its first quote on.
func (s *scanner) str(i int, into *span) int {
	from, text := i, s.text
	for ; i+word8 <= len(text); i += word8 {
		w := binary.LittleEndian.Uint64(text[i:])
		quote, escape := w^'"'*ones, w^'\\'*ones
		quotes := (quote - ones) &^ quote & tops
		others := ((escape-ones)&^escape | (w-' '*ones)&^w | w) & tops // escapes, what must not be there, and beyond ASCII
		if others&(quotes-1) != 0 {
			break // before the quote, if there is one
		}
		if quotes != 0 {
			i += lowest(quotes)
			*into = span{from: uint32(from), to: uint32(i)}
			return i + 1
		}
	}
	return s.special(from, i, into)
}

// special scans the rest, from i on, of a string whose text begins at from, byte by byte.
func (s *scanner) special(from, i int, into *span) int {
	text, escaped := s.text, false
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			*into = span{uint32(from), uint32(i), escaped}
			return i + 1
		case c < ' ':
			return failed
		case c == '\\':
			n := escape(text[i+1:])
			if n == 0 {
				return failed
			}
			i += n
			escaped = true
		case c >= utf8.RuneSelf:
			s.wide = true
		}
	}
	return failed
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

// number scans the number at i.
func number(text []byte, i int) int {
	if text[i] == '-' {
		i++
	}
	if i+word8 > len(text) {
		return longNumber(text, i)
	}
	w := binary.LittleEndian.Uint64(text[i:]) ^ '0'*ones
	ends := (w + (0x80-10)*ones | w) & tops // of bytes that are no digits
	n := lowest(ends)
	if ends == 0 || n == 0 || text[i+n]|0x20 == 'e' || n > 1 && text[i] == '0' {
		return longNumber(text, i)
	}
	if text[i+n] != '.' {
		return i + n
	}
	ends &= ends - 1
	m := lowest(ends)
	if ends == 0 || m == n+1 || text[i+m]|0x20 == 'e' {
		return longNumber(text, i)
	}
	return i + m
}

// longNumber scans a number from behind its sign on, digit by digit.
func longNumber(text []byte, i int) int {
	from := i
	if i = digits(text, i); i == from || i > from+1 && text[from] == '0' {
		return failed
	}
	if i < len(text) && text[i] == '.' {
		from = i + 1
		if i = digits(text, from); i == from {
			return failed
		}
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		from = i
		if i = digits(text, from); i == from {
			return failed
		}
	}
	return i
}

// digits returns where the digits from i on are over.
func digits(text []byte, i int) int {
	for i < len(text) && digit(text[i]) {
		i++
	}
	return i
}

func digit(c byte) bool { return c-'0' < 10 }

// word scans the word at i, and tells what it means.
func word(text []byte, i int) (kind, int) {
	switch rest := text[i:]; {
	case bytes.HasPrefix(rest, []byte("true")):
		return kindTrue, i + len("true")
	case bytes.HasPrefix(rest, []byte("false")):
		return kindFalse, i + len("false")
	case bytes.HasPrefix(rest, []byte("null")):
		return kindNull, i + len("null")
	}
	return kindNull, failed
}

// next returns the first byte from i on that is no white space, and where it is; 0 and
// the end if there is none.
func next(text []byte, i int) (byte, int) {
	if i < len(text) && text[i] > ' ' {
		return text[i], i
	}
	return pastSpace(text, i)
}

func pastSpace(text []byte, i int) (byte, int) {
	for ; i < len(text); i++ {
		switch c := text[i]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c, i
		}
	}
	return 0, i
}
