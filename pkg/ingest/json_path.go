package ingest

import (
	"bytes"
	"encoding/json"
)

// step is one step of a JSON path: to the member called name of an object or, if
// name is empty, to element index of an array.
type step struct {
	name  string
	index int
}

// lookup returns the value at path in doc, as it is written there. doc must be
// valid JSON, which is what lets the functions below go without any check.
func lookup(doc []byte, path []step) (value []byte, ok bool) {
	value = bytes.Trim(doc, " \t\r\n")
	for _, s := range path {
		if s.name != "" {
			value, ok = member(value, s.name)
		} else {
			value, ok = element(value, s.index)
		}
		if !ok {
			return nil, false
		}
	}
	return value, true
}

// member returns the value of the last member of the object at the start of b that
// is called name.
func member(b []byte, name string) (value []byte, ok bool) {
	if b[0] != '{' {
		return nil, false
	}
	for i := skipSpace(b, 1); b[i] != '}'; {
		keyEnd := skipString(b, i)
		start := skipSpace(b, skipSpace(b, keyEnd)+1) // over the colon
		end := skipValue(b, start)
		if equalString(b[i:keyEnd], name) {
			value, ok = b[start:end], true
		}
		i = nextItem(b, end)
	}
	return value, ok
}

// element returns element index of the array at the start of b.
func element(b []byte, index int) (value []byte, ok bool) {
	if b[0] != '[' {
		return nil, false
	}
	for i := skipSpace(b, 1); b[i] != ']'; index-- {
		end := skipValue(b, i)
		if index == 0 {
			return b[i:end], true
		}
		i = nextItem(b, end)
	}
	return nil, false
}

// nextItem returns where the next item of an object or array starts, or where its
// closing bracket is, if the last item ended at i.
func nextItem(b []byte, i int) int {
	if i = skipSpace(b, i); b[i] == ',' {
		return skipSpace(b, i+1)
	}
	return i
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the end of the string that starts at i.
func skipString(b []byte, i int) int {
	end, _ := scanString(b, i)
	return end
}

// skipValue returns the end of the value that starts at i.
func skipValue(b []byte, i int) int {
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		return skipComposite(b, i)
	}
	if n := bytes.IndexAny(b[i:], ",]} \t\r\n"); n >= 0 {
		return i + n
	}
	return len(b)
}

// skipComposite counts brackets instead of recursing: the nesting is the
// producer's choice.
func skipComposite(b []byte, i int) int {
	for depth := 0; ; i++ {
		switch b[i] {
		case '"':
			i = skipString(b, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
}

// equalString tells whether the JSON string quoted spells s.
func equalString(quoted []byte, s string) bool {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:len(quoted)-1]) == s
	}
	return unescape(quoted) == s
}

// scalar returns the text of a string, number or boolean.
func scalar(value []byte) (text []byte, ok bool) {
	switch value[0] {
	case '{', '[', 'n':
		return nil, false
	case '"':
		if bytes.IndexByte(value, '\\') >= 0 {
			return []byte(unescape(value)), true
		}
		return value[1 : len(value)-1], true
	}
	return value, true
}

// unescape decodes a JSON string; it is the rare case, so it may allocate.
func unescape(quoted []byte) (s string) {
	if json.Unmarshal(quoted, &s) != nil {
		return "" // not reached: quoted is a string of valid JSON
	}
	return s
}
