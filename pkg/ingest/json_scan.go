package ingest

import (
	"encoding/binary"
	"math/bits"
)

// maxJSONDepth is how deep encoding/json reads arrays and objects within each other.
const maxJSONDepth = 10_000

// validJSON tells what json.Valid tells, several times as fast: it looks at eight bytes
// of a string at once, and at what is between strings without a state per byte.
func validJSON(b []byte) bool {
	i := scanValue(b, skipSpace(b, 0), 0)
	return i >= 0 && skipSpace(b, i) == len(b)
}

// The functions that scan return the end of what starts at i, or less than zero if that is not
// valid JSON.

func scanValue(b []byte, i, depth int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		end, _ := scanString(b, i)
		return end
	case '{', '[':
		if depth == maxJSONDepth {
			return -1
		}
		return scanItems(b, i, depth+1)
	case 't':
		return scanLiteral(b, i, "true")
	case 'f':
		return scanLiteral(b, i, "false")
	case 'n':
		return scanLiteral(b, i, "null")
	}
	return scanNumber(b, i)
}

// scanItems scans an object or an array.
func scanItems(b []byte, i, depth int) int {
	object, closing := b[i] == '{', b[i]+2 // in ASCII, both closing brackets are two after
	if i = skipSpace(b, i+1); i < len(b) && b[i] == closing {
		return i + 1
	}
	for {
		if object {
			if i = scanName(b, i); i < 0 {
				return -1
			}
		}
		if i = scanValue(b, i, depth); i < 0 {
			return -1
		}
		if i = skipSpace(b, i); i == len(b) || b[i] != ',' {
			break
		}
		i = skipSpace(b, i+1)
	}
	if i == len(b) || b[i] != closing {
		return -1
	}
	return i + 1
}

// scanName scans the name of a member, and what is up to its value.
func scanName(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return -1
	}
	end, _ := scanString(b, i)
	if end < 0 {
		return -1
	}
	return scanColon(b, end)
}

// scanColon scans what is between a name, which ends at i, and its value.
func scanColon(b []byte, i int) int {
	if i = skipSpace(b, i); i == len(b) || b[i] != ':' {
		return -1
	}
	return skipSpace(b, i+1)
}

func scanLiteral(b []byte, i int, word string) int {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return -1
	}
	return i + len(word)
}

func scanNumber(b []byte, i int) int {
	if i < len(b) && b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if i = scanDigits(b, i); i < 0 {
		return -1
	}
	if i < len(b) && b[i] == '.' {
		if i = scanDigits(b, i+1); i < 0 {
			return -1
		}
	}
	if i < len(b) && b[i]|' ' == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return scanDigits(b, i)
	}
	return i
}

// scanDigits scans one digit or more.
func scanDigits(b []byte, i int) int {
	start := i
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

// scanString scans the string that starts at i. It is plain if it holds what it spells:
// ASCII without escapes.
func scanString(b []byte, i int) (end int, plain bool) {
	plain = true
	for i = skipPlain(b, i+1); i < len(b); i = skipPlain(b, i) {
		switch c := b[i]; {
		case c == '"':
			return i + 1, plain
		case c == '\\':
			n := escapeLength(b[i:])
			if n == 0 {
				return -1, false
			}
			i += n
		case c < ' ':
			return -1, false
		default: // beyond ASCII
			i++
		}
		plain = false
	}
	return -1, false
}

// skipPlain returns where the first byte from i on is that needs a look: a quote, a
// backslash, a control character, or what is beyond ASCII.
func skipPlain(b []byte, i int) int {
	const each, high = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, backslash := w^each*'"', w^each*'\\'
		// The high bit of a byte is set where it is such a one. What a borrow sets
		// besides is behind the first.
		if found := (w | (w - each*' ') | (quote - each) | (backslash - each)) & high; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(b) && b[i] >= ' ' && b[i] < 0x80 && b[i] != '"' && b[i] != '\\' {
		i++
	}
	return i
}

// escapeLength returns the length of the escape at the start of b, or 0 if it is none.
func escapeLength(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		const length = len(`\u0000`)
		if len(b) < length {
			return 0
		}
		for _, c := range b[2:length] {
			if c-'0' > 9 && c|' '-'a' > 'f'-'a' {
				return 0
			}
		}
		return length
	}
	return 0
}
