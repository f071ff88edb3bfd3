package topic

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// stem has a given number of bytes and tokens, to leave room for few more.
func stem(bytes, tokens int) string {
	if tokens == 0 {
		return ""
	}
	short := strings.Repeat("s.", tokens-1)
	return short + strings.Repeat("l", bytes-len(short)-1) + "."
}

func TestCoveredBy(t *testing.T) {
	few := stem(2*(MaxTokens-2), MaxTokens-2) // room for two tokens
	long := stem(MaxBytes-3, 1)               // room for three bytes
	tests := []struct {
		name, asked string
		grants      []string
		want        bool
	}{
		{"nothing", "a", nil, false},
		{"one of several", "a.b", []string{"c", "a.*"}, true},
		{"one token, then more", "a.>", []string{"a.*", "a.*.>"}, true},
		{"one token, two, then more", "a.>", []string{"a.*", "a.*.*", "a.*.*.>"}, true},
		{"two tokens are missing", "a.>", []string{"a.*", "a.*.*.>"}, false},
		{"one token is missing", "a.>", []string{"a.*.>"}, false},
		{"more are missing", "a.>", []string{"a.*", "a.*.*"}, false},
		{"all is one token, then more", ">", []string{"*", "*.>"}, true},
		{"the rest of a wildcard", "a.*.>", []string{"a.*.*", "a.*.*.>"}, true},
		{"only of one token", "a.*.>", []string{"a.*.*", "a.b.*.>"}, false},
		{"a wildcard before", "a.b.>", []string{"*.b.*", "a.*.*.>"}, true},
		{"known tokens are not all", "a.*", []string{"a.a", "a.b", "a.c"}, false},
		{"a fixed one is not open", "a.*", []string{"a.>"}, true},
		{"longest topics by tokens", few + ">", []string{few + "*", few + "*.*"}, true},
		{"not the longest topics", few + ">", []string{few + "*"}, false},
		{"not the shortest topics", few + ">", []string{few + "*.*"}, false},
		{"longest topics by bytes", long + ">", []string{long + "*", long + "*.*"}, true},
		{"not the longest by bytes", long + ">", []string{long + "*"}, false},
		{"operators' topics", ">", []string{"$spillway.>"}, false},
		{"all is not the operators'", "$spillway.>", []string{">", "*", "*.>"}, false},
		{"operators' by name", "$spillway.>", []string{"$spillway.*", "$spillway.*.>"}, true},
		{"operators' second token", "$spillway.*", []string{"$spillway.>", "a"}, true},
		{"longer name", "weather.usa", []string{"weather.us", "weather.us.>"}, false},
		{"shorter name", "weather.us", []string{"weather.usa", "weather.us.>"}, false},
		{"longer last token", "weather.us.nyc", []string{"weather.us.ny", "weather.us.ny.>"}, false},
		{"prefix of another token", "weather.us.>", []string{"weather.u.>", "weather.us"}, false},
		{"parent of a grant", "weather.>", []string{"weather.us.>", "weather.*"}, false},
		{"only the first token", "weather.us.ny", []string{"weather", "weather.*"}, false},
		{"another's last token", "news.us.ny", []string{"weather.us.ny", "*.us.pa"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			grants, err := ParseAll(tt.grants)
			if err != nil {
				t.Fatal(err)
			}
			if got := mustParse(t, tt.asked).CoveredBy(grants); got != tt.want {
				t.Errorf("%s covered by %v = %v, want %v", tt.asked, grants, got, tt.want)
			}
		})
	}
	all := mustParse(t, ">")
	if (Pattern{}).CoveredBy([]Pattern{all}) || all.CoveredBy([]Pattern{{}}) {
		t.Error("the zero pattern covers, or is covered")
	}
}

// TestTokensOutnumberGrants counts the tokens of one byte, on which CoveredBy rests.
func TestTokensOutnumberGrants(t *testing.T) {
	n := 0
	for c := range 256 {
		if Validate("a."+string([]byte{byte(c)})) == nil {
			n++
		}
	}
	if n != 87 {
		t.Errorf("there are %d", n)
	}
}

// TestCoveredByIsInclusion holds CoveredBy against its definition. Topics are made
// of tokens that patterns have and of one that none has, with and without a stem
// after which only a few tokens have room.
func TestCoveredByIsInclusion(t *testing.T) {
	for name, prefix := range map[string]string{
		"long topics":   "",
		"few tokens":    stem(2*(MaxTokens-3), MaxTokens-3),
		"few bytes":     stem(MaxBytes-5, 2),
		"one byte left": stem(MaxBytes-1, 3),
	} {
		t.Run(name, func(t *testing.T) {
			topics := topicsAfter(prefix, 5)
			rapid.Check(t, func(t *rapid.T) {
				q := genAfter(prefix).Draw(t, "q")
				grants := rapid.SliceOfN(genAfter(prefix), 0, 6).Draw(t, "grants")
				want := inclusion(topics, q, grants)
				if got := q.CoveredBy(grants); got != want {
					t.Fatalf("%s covered by %v = %v, by inclusion %v", q, grants, got, want)
				}
			})
		})
	}
}

func inclusion(topics []string, q Pattern, grants []Pattern) bool {
	for _, name := range topics {
		matched := !q.Match(name)
		for _, g := range grants {
			matched = matched || g.Match(name)
		}
		if !matched {
			return false
		}
	}
	return true
}

// topicsAfter lists the topics that begin with prefix and have up to depth tokens
// more.
func topicsAfter(prefix string, depth int) []string {
	var topics []string
	for _, tok := range []string{"a", "b", "c", "$a", "$b"} {
		if name := prefix + tok; Validate(name) == nil {
			topics = append(topics, name)
			if depth > 1 {
				topics = append(topics, topicsAfter(name+".", depth-1)...)
			}
		}
	}
	return topics
}

// genAfter draws patterns that begin with prefix and are valid: up to three tokens
// more, and > perhaps.
func genAfter(prefix string) *rapid.Generator[Pattern] {
	return rapid.Custom(func(t *rapid.T) Pattern {
		text := genTokens(one, rest).Filter(func(text string) bool {
			_, err := Parse(prefix + text)
			return err == nil && strings.Count(text, ".") < 4
		}).Draw(t, "after")
		return mustParse(t, prefix+text)
	})
}
