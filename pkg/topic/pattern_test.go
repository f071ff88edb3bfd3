package topic

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func mustParse(t interface{ Fatal(...any) }, text string) Pattern {
	p, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMatch(t *testing.T) {
	tests := []struct {
		pattern, topic string
		want           bool
	}{
		{"weather.us.ny", "weather.us.ny", true},
		{"weather.us.n", "weather.us.ny", false},
		{"weather.us.ny", "weather.us.n", false},
		{"weather.us", "weather.us.ny", false},
		{"weather.us.ny.x", "weather.us.ny", false},
		{"weather.us.*", "weather.us.ny", true},
		{"weather.us.*", "weather.us", false},
		{"weather.us.*", "weather.us.ny.x", false},
		{"weather.*.ny", "weather.us.ny", true},
		{"*", "weather", true},
		{"*", "weather.us", false},
		{">", "weather", true},
		{">", "weather.us.ny", true},
		{"weather.>", "weather.us.ny", true},
		{"weather.>", "weather", false},
		{"*.>", "weather.us", true},
		{"*.>", "weather", false},
		{">", "$spillway.unrouted", false},
		{"*.unrouted", "$spillway.unrouted", false},
		{"$spillway.>", "$spillway.unrouted", true},
		{"$spillway.*", "$spillway.unrouted", true},
	}
	for _, tt := range tests {
		t.Run(tt.pattern+"~"+tt.topic, func(t *testing.T) {
			if got := mustParse(t, tt.pattern).Match(tt.topic); got != tt.want {
				t.Errorf("Match = %v, want %v", got, tt.want)
			}
		})
	}
	if (Pattern{}).Match("a") {
		t.Error("the zero pattern matches")
	}
}

func TestCovers(t *testing.T) {
	tests := []struct {
		grant, asked string
		want         bool
	}{
		{"weather.us.>", "weather.us.ny", true},
		{"weather.us.>", "weather.us.>", true},
		{"weather.us.>", "weather.us.*", true},
		{"weather.us.>", "weather.us.*.>", true},
		{"weather.us.>", "weather.>", false},
		{"weather.us.*", "weather.us.>", false},
		{"weather.us.*", "weather.us.*", true},
		{"weather.*.ny", "weather.us.ny", true},
		{"weather.us.ny", "weather.*.ny", false},
		{"weather.us.ny", "weather.us.*", false},
		{"*.>", ">", false},
		{">", "*.>", true},
		{">", ">", true},
		{">", "$spillway.>", false},
		{"$spillway.>", "$spillway.unrouted", true},
	}
	for _, tt := range tests {
		t.Run(tt.grant+"/"+tt.asked, func(t *testing.T) {
			if got := mustParse(t, tt.grant).Covers(mustParse(t, tt.asked)); got != tt.want {
				t.Errorf("Covers = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ name, text, says string }{
		{"empty", "", "must not be empty"},
		{"empty token", "a..b", "empty token"},
		{"leading dot", ".a", "empty token"},
		{"rest in the middle", "a.>.b", "> may only be the last token"},
		{"half wildcard", "a.b*", "stands alone"},
		{"two wildcards in a token", "a.*>", "stands alone"},
		{"space", "a b", "byte 1 is not allowed"},
		{"slash", "a/b", "not allowed"},
		{"quote", "a\"b", "not allowed"},
		{"control", "a\x00b", "not allowed"},
		{"not ASCII", "münchen", "not allowed"},
		{"operators' mark inside", "a.$b", "first token"},
		{"too long", strings.Repeat("a", MaxBytes+1), "is 257 bytes long, at most 256"},
		{"too many tokens", strings.Repeat("a.", MaxTokens) + "a", "has 17 tokens, at most 16"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse(tt.text); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Parse(%q) = %v, want it to say %q", tt.text, err, tt.says)
			}
		})
	}
	if err := Validate("weather.*"); err == nil || !strings.Contains(err.Error(), "no wildcard") {
		t.Errorf("Validate of a pattern = %v", err)
	}
	if err := Validate("weather.us.ny"); err != nil {
		t.Error(err)
	}
}

func TestCanonical(t *testing.T) {
	ps, err := ParseAll([]string{"weather.us.ny", "b", "weather.us.*", "a", "b", "weather.us.pa"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range Canonical(ps) {
		got = append(got, p.String())
	}
	if diff := cmp.Diff([]string{"a", "b", "weather.us.*"}, got); diff != "" {
		t.Error(diff)
	}
	if _, err := ParseAll([]string{"a", "b..c"}); err == nil || !strings.HasPrefix(err.Error(), "patterns[1]: ") {
		t.Errorf("ParseAll = %v, want the index named", err)
	}
}

// genTokens draws from few tokens, so that patterns and topics meet often.
func genTokens(last ...string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		tokens := rapid.SliceOfN(rapid.SampledFrom(append([]string{"a", "b"}, last[:len(last)/2]...)), 1, 4).Draw(t, "tokens")
		if len(last) > 0 && rapid.Bool().Draw(t, "rest") {
			tokens = append(tokens, rest)
		}
		if rapid.IntRange(0, 5).Draw(t, "operators") == 0 && tokens[0] != one {
			tokens[0] = "$" + tokens[0]
		}
		return strings.Join(tokens, ".")
	})
}

// TestCoversIsInclusion holds Covers against its definition, on every topic of a
// small alphabet up to a length at which a longer one can make no difference.
func TestCoversIsInclusion(t *testing.T) {
	var topics []string
	var grow func(prefix string, depth int)
	grow = func(prefix string, depth int) {
		for _, tok := range []string{"a", "b", "c"} {
			topics = append(topics, prefix+tok)
			if depth > 1 {
				grow(prefix+tok+".", depth-1)
			}
		}
	}
	grow("", 6)
	for _, tok := range []string{"$a.", "$b."} {
		grow(tok, 5)
	}
	topics = append(topics, "$a", "$b", "$c")
	rapid.Check(t, func(t *rapid.T) {
		p := mustParse(t, genTokens(one, rest).Draw(t, "p"))
		q := mustParse(t, genTokens(one, rest).Draw(t, "q"))
		want := true
		for _, name := range topics {
			if q.Match(name) && !p.Match(name) {
				want = false
				break
			}
		}
		if got := p.Covers(q); got != want {
			t.Fatalf("%s covers %s = %v, by inclusion %v", p, q, got, want)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a.b", "a.*.>", ">", "$x.>", "a..b", "\xff", strings.Repeat("a.", 20)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		if p.String() != text || !p.Covers(p) {
			t.Errorf("%q does not round-trip or cover itself", text)
		}
		if p.IsTopic() != (Validate(text) == nil) {
			t.Errorf("%q: IsTopic and Validate disagree", text)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	p := mustParse(b, "weather.us.*.hourly.>")
	b.ReportAllocs()
	for b.Loop() {
		if !p.Match("weather.us.ny.hourly.temp") {
			b.Fatal("no match")
		}
	}
}
