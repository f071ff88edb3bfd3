package filter

import (
	"strings"
	"testing"
)

func TestJoin(t *testing.T) {
	tests := []struct {
		name  string
		texts []string
		want  Result
	}{
		{"one", []string{`data.t > 90 || false`}, True},
		{"two", []string{`data.t > 90`, `data.t > 91`}, True},
		{"second is false", []string{`data.t > 90`, `data.t > 92`}, False},
		{"|| stays in its own", []string{`data.t > 92`, `data.t > 92 || data.t > 90`}, False},
		{"comments", []string{`data.t > 90 // warm`, "data.t > 91 // warmer\n", `topic != "//"`}, True},
		{"none has a result", []string{`data.x > 90`, `data.t > 90`}, None},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var e Event
			e.Reset(encoded(t, report))
			if got := compile(t, Join(tt.texts)).Eval(&e); got != tt.want {
				t.Errorf("%s: %d, want %d", Join(tt.texts), got, tt.want)
			}
		})
	}
}

// TestJoinedIsTooMuch: filters that are ones need not be one together.
func TestJoinedIsTooMuch(t *testing.T) {
	deepest, deeper := "", "true"
	for {
		if _, err := Compile(deeper); err != nil {
			break
		}
		deepest, deeper = deeper, "("+deeper+")"
	}
	for says, text := range map[string]string{
		"may cost":     strings.Repeat(`topic.matches("a") || `, 10) + "true",
		"at most 4096": strings.Repeat(" ", MaxText-len("true")) + "true",
		"recursion":    deepest,
	} {
		texts := []string{text, text}
		compile(t, text)
		if _, err := Compile(Join(texts)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40s: %v, want it to say %q", Join(texts), err, says)
		}
	}
}
