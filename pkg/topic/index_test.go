package topic

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestIndexMatchesAsPatternsDo: an index finds what asking every pattern finds, through
// patterns that are added and removed.
func TestIndexMatchesAsPatternsDo(t *testing.T) {
	token := rapid.SampledFrom([]string{"a", "b", "c", "$s", "*"})
	spell := rapid.Custom(func(t *rapid.T) Pattern {
		for {
			text := token.Draw(t, "first")
			for _, tok := range rapid.SliceOfN(token, 0, 3).Draw(t, "more") {
				text += "." + tok
			}
			if rapid.Bool().Draw(t, "rest") {
				text += ".>"
			}
			if rapid.IntRange(0, 9).Draw(t, "all") == 0 {
				text = ">"
			}
			if p, err := Parse(text); err == nil {
				return p
			}
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		var x Index[int]
		added := map[int]Pattern{}
		for i := range rapid.IntRange(0, 40).Draw(t, "steps") {
			if p, ok := added[i-5]; ok && rapid.Bool().Draw(t, "remove") {
				x.Remove(p, i-5)
				delete(added, i-5)
				continue
			}
			added[i] = spell.Draw(t, "pattern")
			x.Add(added[i], i)
		}
		for _, name := range []string{"a", "$s", "a.b", "b.a", "$s.a", "a.$s", "a.b.c", "$s.b.c", "c.c.c.c", "a.b.c.a.b.c"} {
			var want []int
			for i, p := range added {
				if p.Match(name) {
					want = append(want, i)
				}
			}
			got := x.AppendMatches(nil, []byte(name))
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("%s: got %v, want %v of %v", name, got, want, added)
			}
		}
		for i, p := range added {
			x.Remove(p, i)
		}
		if !x.root.empty() {
			t.Fatal("something is left")
		}
	})
}

func TestIndexAllocatesNothing(t *testing.T) {
	var x Index[int]
	for i, text := range []string{"weather.>", "weather.*.ny", "weather.us.ny", "*.us.*", "news.>"} {
		p, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		x.Add(p, i)
	}
	found, name := make([]int, 0, 8), []byte("weather.us.ny")
	if n := testing.AllocsPerRun(100, func() { found = x.AppendMatches(found[:0], name) }); n != 0 || len(found) != 4 {
		t.Errorf("%v allocations, found %v", n, found)
	}
}
