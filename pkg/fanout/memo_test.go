package fanout

import (
	"fmt"
	"testing"
)

// TestMemo: more topics than there is room for, and each is answered as the scope does.
func TestMemo(t *testing.T) {
	odd := compiled(t, odd)
	s := scopeOf(Request{Patterns: patterns(t, "a.*"), Rules: []Rule{{patterns(t, "a.1")[0], nil}, {patterns(t, "a.2")[0], odd}}})
	m := memo{}
	for n := range 4 * memoTopics {
		for _, name := range []string{"a.1", "a.2", "", fmt.Sprint("a.", n), fmt.Sprint("b.", n)} {
			got, ok := m.gate(&s, []byte(name))
			want, wantOK := s.gate(name)
			if ok != wantOK || got.open() != want.open() || len(got.rules) != len(want.rules) {
				t.Fatalf("%q: %v %v, want %v %v", name, got, ok, want, wantOK)
			}
		}
		if len(m) > memoTopics {
			t.Fatalf("%d topics are remembered", len(m))
		}
		if n%memoTopics == 0 {
			m.tidy()
		}
	}
}
