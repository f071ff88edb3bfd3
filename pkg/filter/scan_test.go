package filter

import (
	"strconv"
	"strings"
	"testing"
)

// TestScan holds the scanner against encoding/json where it takes eight bytes at a time:
// with all that a string or a number can have at every place of them, and all lengths.
func TestScan(t *testing.T) {
	var tokens []string
	for n := range 20 {
		for _, special := range []string{"", `"`, `\`, `\"`, `\n`, `\u0041`, `\u004`, `\x`, "\n", "\x00", "\x1f", " ", "!", "#", "[", "]", "\x7f", "é", "€", "😀", "\x80", "\xff"} {
			for _, after := range []string{"", "x", "\"", `\t`, "1234567890"} {
				tokens = append(tokens, `"`+strings.Repeat("x", n)+special+after+`"`)
			}
		}
	}
	digits := "1234567890123456789012345"
	for n := range len(digits) {
		for _, rest := range []string{"", ".", ".5", ".25", ".1234567", ".123456789", "..5", ".5.", "e1", "E-2", "e+3", "e", "e+", ".e1", ".5e", ".5e1", "1e1.5", "-", "-1", "+1", ":", "/", "x", " ", "\n"} {
			for _, sign := range []string{"", "-", "--", "0", "-0", "+", "."} {
				tokens = append(tokens, sign+digits[:n]+rest)
			}
		}
	}
	tokens = append(tokens, "true", "tru", "truex", "false", "fals", "null", "nul", "nullnull", "True", "{}", "{", "}", "[]", "[", "]", "{]", "[}", `{"a"}`, `{"a":}`, `{"a":1,}`, "[1,]", "[,1]", "{,}", `{1:2}`, `{"a":1 "b":2}`, "")
	var e Event
	for _, token := range tokens {
		for _, around := range [][2]string{{"", ""}, {"[", "]"}, {"[", `,"more than eight"]`}, {`{"k":`, `}`}, {`{"k" : `, ` , "more" : "than eight" }`}, {`{"more":[{"than":`, `},"eight"]}`}} {
			data := around[0] + token + around[1]
			e.Reset(encoded(t, data))
			e.readFields()
			checkScan(t, &e, []byte(data))
		}
		if strings.HasPrefix(token, `"`) {
			data := "{" + token + ":" + strconv.Itoa(len(token)) + `,"more":"than eight"}`
			e.Reset(encoded(t, data))
			e.readFields()
			checkScan(t, &e, []byte(data))
		}
	}
}

// TestScanForgets: what an event leaves behind in memory is not seen in the next one.
func TestScanForgets(t *testing.T) {
	var e Event
	f := compile(t, `data.a == [1] || data.a == {"b": 1.0} || data.a.exists(x, x == 1)`)
	for _, tt := range []struct {
		data string
		want Result
	}{
		{`{"a":[1]}`, True},
		{`{"a":[]}`, False},
		{`{"a":{"b":1}}`, True},
		{`{"a":{}}`, False},
		{`{"a":[1]`, None},
		{`[{"a":"\u0061","b":{"c":1}},[1,2,3]]`, None},
		{`{"a":["a"]}`, False},
		{`{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, False},
		{`{"a":[1` + strings.Repeat(",2", 100) + `]}`, True},
	} {
		e.Reset(encoded(t, tt.data))
		if got := f.Eval(&e); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.data, got, tt.want)
		}
	}
}
