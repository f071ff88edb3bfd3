package client

import (
	"encoding/json"
	"strings"
	"testing"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

func TestCursorText(t *testing.T) {
	t.Parallel()
	c := newCursor(cursorAt(1234, true))
	text := c.String()
	if strings.ContainsAny(text, "+/= \n") || !strings.HasPrefix(text, "c1.") {
		t.Errorf("text = %q, must be safe in URLs and files", text)
	}
	kept, err := json.Marshal(map[string]Cursor{"at": c, "none": {}})
	if err != nil {
		t.Fatal(err)
	}
	var back map[string]Cursor
	if err := json.Unmarshal(kept, &back); err != nil {
		t.Fatal(err)
	}
	if back["at"] != c || !back["none"].IsZero() {
		t.Errorf("through JSON: %v, want %v and none", back, c)
	}
}

func TestParseCursorRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, says string }{
		"no prefix":    {"AbC", `must begin with "c1."`},
		"no base64":    {"c1.*", "damaged"},
		"padding bits": {"c1.AB", "damaged"},
		"no cursor":    {"c1._w", "damaged"},
		"no position":  {"c1.", "no position"},
		"too long":     {"c1." + strings.Repeat("A", maxCursorText), "at most 262144"},
	} {
		if _, err := ParseCursor(tt.text); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: err = %v, want it to say %q", name, err, tt.says)
		}
	}
}

// TestPositionMerges follows the rules that the API gives for cursors.
func TestPositionMerges(t *testing.T) {
	t.Parallel()
	bytes := func(s string) []byte { return []byte(s) }
	var p position
	p.begin()
	steps := []struct {
		name       string
		cursor     *spillwayv1.Cursor
		base, step string
	}{
		{"the first", &spillwayv1.Cursor{Base: bytes("b1"), Step: bytes("s1")}, "b1", "s1"},
		{"a step", &spillwayv1.Cursor{Step: bytes("s2")}, "b1", "s2"},
		{"none", nil, "b1", "s2"},
		{"a base alone keeps the step", &spillwayv1.Cursor{Base: bytes("b2")}, "b2", "s2"},
		{"an empty step replaces", &spillwayv1.Cursor{Step: bytes("")}, "b2", ""},
		{"both", &spillwayv1.Cursor{Base: bytes("b3"), Step: bytes("s3")}, "b3", "s3"},
	}
	for _, tt := range steps {
		p.advance(tt.cursor)
		if m := p.message(); string(m.Base) != tt.base || string(m.Step) != tt.step {
			t.Errorf("%s: %q %q, want %q %q", tt.name, m.Base, m.Step, tt.base, tt.step)
		}
	}
	p.begin()
	p.advance(&spillwayv1.Cursor{Base: bytes("b4")})
	if m := p.message(); string(m.Base) != "b4" || m.Step != nil {
		t.Errorf("the first base of another call: %q %q, want it to stand alone", m.Base, m.Step)
	}
}

func FuzzParseCursor(f *testing.F) {
	for _, seed := range []string{"", "c1.", newCursor(cursorAt(1, true)).String(), newCursor(cursorAt(99, false)).String(), "c1._w", "c1.AB", "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCursor(text)
		if err != nil {
			return
		}
		if c.String() != text {
			t.Errorf("ParseCursor(%q).String() = %q", text, c.String())
		}
		if !c.IsZero() {
			c.message()
		}
	})
}
