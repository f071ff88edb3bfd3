package ingest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/topic"
)

func TestRouteTopic(t *testing.T) {
	t.Parallel()
	const data = `{"state":"ny","station":{"id":"KNYC","tags":["a","b",["c"]]},"year":2014,"rain":0.5,"ok":true,"none":null,` +
		`"empty":"","dot":"ny.city","star":"*","rest":">","ops":"$spillway","blank":"new york","esc":"n\u0079","partition_key":"json","stream":"inner"}`
	rec := Record{Stream: "weather", PartitionKey: "us.ny", Data: []byte(data)}
	tests := []struct {
		route string
		rec   Record
		want  string
		why   Problem
	}{
		{"weather.us.{state}", rec, "weather.us.ny", Problem{}},
		{"{state}", rec, "ny", Problem{}},
		{"w-{state}-{year}.{ok}", rec, "w-ny-2014.true", Problem{}},
		{"{station.id}", rec, "KNYC", Problem{}},
		{"{station.tags[1]}.{station.tags[2][0]}", rec, "b.c", Problem{}},
		{"{esc}", rec, "ny", Problem{}},
		{"{state}$x", rec, "ny$x", Problem{}},
		{"{stream}.{state}", rec, "weather.ny", Problem{}},
		{"{$.stream}", rec, "inner", Problem{}},
		{"{$.partition_key}", rec, "json", Problem{}},
		{"{$.station.id}", rec, "KNYC", Problem{}},
		{"all.records", Record{Data: []byte("no JSON")}, "all.records", Problem{}},
		{"{partition_key}", rec, "us.ny", Problem{}},
		{"{partition_key}", Record{PartitionKey: "a.b.c", Data: []byte("no JSON")}, "a.b.c", Problem{}},

		{"x.{partition_key}", rec, "", Problem{"{partition_key}", ruleDot}},
		{"{partition_key}", Record{}, "", Problem{"{partition_key}", ruleEmpty}},
		{"{partition_key}", Record{PartitionKey: "$spillway.unrouted"}, "", Problem{"", ruleTopic}},
		{"{partition_key}", Record{PartitionKey: "a..b"}, "", Problem{"", ruleTopic}},
		{"{partition_key}", Record{PartitionKey: "München"}, "", Problem{"", ruleTopic}},
		{"{partition_key}", Record{PartitionKey: strings.Repeat("k", topic.MaxBytes+1)}, "", Problem{"", ruleTopic}},
		{"{stream}", Record{Stream: "a.b"}, "", Problem{"{stream}", ruleDot}},
		{"{rain}", rec, "", Problem{"{rain}", ruleDot}},
		{"{dot}", rec, "", Problem{"{dot}", ruleDot}},
		{"x.{empty}", rec, "", Problem{"{empty}", ruleEmpty}},
		{"x{empty}", rec, "", Problem{"{empty}", ruleEmpty}},
		{"{none}", rec, "", Problem{"{none}", ruleScalar}},
		{"{station}", rec, "", Problem{"{station}", ruleScalar}},
		{"{station.tags}", rec, "", Problem{"{station.tags}", ruleScalar}},
		{"{city}", rec, "", Problem{"{city}", ruleMissing}},
		{"{state.id}", rec, "", Problem{"{state.id}", ruleMissing}},
		{"{station.tags[3]}", rec, "", Problem{"{station.tags[3]}", ruleMissing}},
		{"x.{star}", rec, "", Problem{"", ruleTopic}},
		{"x.{rest}", rec, "", Problem{"", ruleTopic}},
		{"{ops}", rec, "", Problem{"", ruleTopic}},
		{"x.{ops}", rec, "", Problem{"", ruleTopic}},
		{"x.{blank}", rec, "", Problem{"", ruleTopic}},
		{"{state}", Record{Data: []byte(`{"state":"ny"`)}, "", Problem{"", ruleJSON}},
		{"{state}", Record{Data: []byte(`{"state":"ny"} x`)}, "", Problem{"", ruleJSON}},
		{"{state}", Record{}, "", Problem{"", ruleJSON}},
		{"{state}", Record{Data: []byte(`"ny"`)}, "", Problem{"{state}", ruleMissing}},
	}
	for _, tt := range tests {
		t.Run(tt.route, func(t *testing.T) {
			t.Parallel()
			r, err := ParseRoute(tt.route)
			if err != nil {
				t.Fatal(err)
			}
			got, why := r.Topic(tt.rec)
			if got != tt.want || why != tt.why {
				t.Errorf("got %q, %q, want %q, %q", got, why, tt.want, tt.why)
			}
		})
	}
}

func TestParseRouteErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"empty", "", "route: column 1: must not be empty"},
		{"too long", strings.Repeat("a", 2000), "route: column 1: is 2000 bytes long, at most 1024 are allowed"},
		{"operators' topic", "$spillway.x", "route: column 1: a token must not start with $, which marks the operators' topics"},
		{"operators' prefix later", "a.$b", "route: column 3: a token must not start with $, which marks the operators' topics"},
		{"leading dot", ".a", "route: column 1: a token must not be empty"},
		{"double dot", "a..{b}", "route: column 3: a token must not be empty"},
		{"trailing dot", "{a}.", "route: column 4: a token must not be empty"},
		{"wildcard", "weather.*", "route: column 9: '*' is not allowed in a topic"},
		{"rest", "weather.>", "route: column 9: '>' is not allowed in a topic"},
		{"blank", "a b", "route: column 2: ' ' is not allowed in a topic"},
		{"not ASCII", "wätter", "route: column 2: 'ä' is not allowed in a topic"},
		{"column in characters", "{ä}.ü", "route: column 5: 'ü' is not allowed in a topic"},
		{"open brace", "a.{state", "route: column 3: { is not closed"},
		{"brace in a field", "{a{b}}", "route: column 1: { is not closed"},
		{"closing brace", "a}b", "route: column 2: } closes nothing"},
		{"no field", "a.{}", "route: column 3: {} names no field"},
		{"root only", "{$.}", "route: column 4: a name in a JSON path must not be empty"},
		{"empty name", "{a..b}", "route: column 4: a name in a JSON path must not be empty"},
		{"index without a name", "{[0]}", "route: column 2: a name in a JSON path must not be empty"},
		{"quote", `{a["b"]}`, "route: column 3: an array index is written [n], n of 1 to 6 digits"},
		{"quoted name", `{"b"}`, `route: column 2: '"' is not allowed in a name of a JSON path`},
		{"open index", "{a[0}", "route: column 3: an array index is written [n], n of 1 to 6 digits"},
		{"negative index", "{a[-1]}", "route: column 3: an array index is written [n], n of 1 to 6 digits"},
		{"huge index", "{a[1234567]}", "route: column 3: an array index is written [n], n of 1 to 6 digits"},
		{"text behind an index", "{a[0][1]b}", "route: column 6: an array index is written [n], n of 1 to 6 digits"},
		{"too many tokens", strings.Repeat("{a}.", 16) + "{a}", `route: column 1: makes no valid topic: topic "` + strings.Repeat("x.", 16) + `x": has 17 tokens, at most 16 are allowed`},
		{"too long a topic", strings.Repeat("a", 257), `route: column 1: makes no valid topic: topic "` + strings.Repeat("a", 64) + `"...: is 257 bytes long, at most 256 are allowed`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseRoute(tt.text)
			if err == nil {
				t.Fatalf("%q: no error", tt.text)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRouteText(t *testing.T) {
	t.Parallel()
	var r Route
	if err := r.UnmarshalText([]byte("a.{b}")); err != nil || r.String() != "a.{b}" {
		t.Errorf("got %q, %v", r, err)
	}
	if err := r.UnmarshalText([]byte("a.{")); err == nil || r.String() != "a.{b}" {
		t.Errorf("after a mistake: %q, %v", r, err)
	}
}

// FuzzRoute: whatever is parsed makes a valid topic or names a problem, and no
// record reaches the operators' topics or, by a field, another level.
func FuzzRoute(f *testing.F) {
	f.Add("weather.us.{state}", "k", []byte(`{"state":"ny"}`))
	f.Add("{partition_key}", "$a.b", []byte(""))
	f.Add("{a[0].b}-{stream}", "k", []byte(`{"a":[{"b":"x.y"}]}`))
	f.Add("{$.partition_key}$", "k", []byte(`{"partition_key":"$\u002e"}`))
	f.Fuzz(func(t *testing.T, text, key string, data []byte) {
		r, err := ParseRoute(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "route: column ") {
				t.Fatalf("error %q names no column", err)
			}
			return
		}
		name, why := r.Topic(Record{Stream: "s", PartitionKey: key, Data: data})
		if (name == "") == (why == Problem{}) {
			t.Fatalf("topic %q and problem %q", name, why)
		}
		if name == "" {
			return
		}
		if err := topic.Validate(name); err != nil || name[0] == '$' {
			t.Fatalf("made topic %q: %v", name, err)
		}
		if !r.whole && strings.Count(name, ".") != dots(r) {
			t.Fatalf("%q made %q, which has another number of tokens", text, name)
		}
	})
}

func dots(r Route) (n int) {
	for _, p := range r.parts {
		n += strings.Count(p.literal, ".")
	}
	return n
}
