package policy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/topic"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// noWork refuses filters that say so, and those that are too heavy together.
func noWork(filters []string) error {
	joined := strings.Join(filters, " && ")
	switch {
	case strings.Contains(joined, "bad"):
		return errors.New("undeclared reference to 'bad'")
	case strings.Count(joined, "heavy") > 2:
		return errors.New("may cost too much")
	}
	return nil
}

func read(t *testing.T, text string) (*Policy, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	write(t, path, text)
	return Read(path, noWork)
}

func pattern(t *testing.T, text string) topic.Pattern {
	t.Helper()
	p, err := topic.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name, file string
		in         []string
		out        []string
	}{
		{"nothing decided", "{}", []string{"a", "b", ""}, nil},
		{"some allowed", "allow: [a, b]", []string{"a", "b"}, []string{"c", "A", "", "a "}},
		{"nobody allowed", "allow: []", nil, []string{"a", ""}},
		{"some denied", "deny: [a]", []string{"b", "A"}, []string{"a"}},
		{"denied though allowed", "allow: [a, b]\ndeny: [a]", []string{"b"}, []string{"a", "c"}},
		{"ids of digits", "deny: [1234567890, 0x10, 1e3, true, yes]", []string{"16", "1000"}, []string{"1234567890", "0x10", "1e3", "true", "yes"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := read(t, tt.file)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range tt.in {
				if err := p.Check(c); err != nil {
					t.Errorf("Check(%q) = %v", c, err)
				}
			}
			for _, c := range tt.out {
				denied, ok := errors.AsType[*Denied](p.Check(c))
				if !ok || denied.ClientID != c || !strings.Contains(denied.Error(), "operator of this service") {
					t.Errorf("Check(%q) = %v", c, denied)
				}
			}
		})
	}
	var zero Policy
	if err := zero.Check("a"); err != nil || zero.Filters("a", pattern(t, ">")) != nil {
		t.Errorf("the zero policy decides something: %v", err)
	}
}

func TestFilters(t *testing.T) {
	p, err := read(t, `
filters:
  - pattern: weather.us.>
    filter: data.temperature_f > 90
  - clients: [a, b]
    pattern: weather.us.>
    filter: size < 1000
  - clients: [a]
    pattern: ">"
    filter: |
      topic.startsWith("weather.") &&
      size > 1
  - clients: [b]
    pattern: '*.us.ny'
    filter: "true"
`)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		client, grant string
		want          []string
	}{
		{"a", "weather.us.>", []string{"data.temperature_f > 90", "size < 1000"}},
		{"c", "weather.us.>", []string{"data.temperature_f > 90"}},
		{"", "weather.us.>", []string{"data.temperature_f > 90"}},
		{"a", "weather.us.*", nil},
		{"a", "weather.us.ny", nil},
		{"a", ">", []string{"topic.startsWith(\"weather.\") &&\nsize > 1\n"}},
		{"b", ">", nil},
		{"b", "*.us.ny", []string{"true"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, p.Filters(tt.client, pattern(t, tt.grant))); diff != "" {
			t.Errorf("%s of %s: %s", tt.grant, tt.client, diff)
		}
	}
}

// TestMuchApart: what no client has together is not looked at together.
func TestMuchApart(t *testing.T) {
	for _, file := range []string{
		"filters:\n- {pattern: a, filter: heavy 1}\n- {pattern: b, filter: heavy 2}\n- {pattern: a.*, filter: heavy 3}\n",
		"filters:\n- {clients: [c], pattern: a, filter: heavy 1}\n- {clients: [d], pattern: a, filter: heavy 2}\n- {clients: [e], pattern: a, filter: heavy 3}\n",
		"filters:\n- {pattern: a, filter: heavy 1}\n- {clients: [d], pattern: a, filter: heavy 2}\n- {clients: [e], pattern: a, filter: heavy 3}\n",
	} {
		if _, err := read(t, file); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestCheckIsAsked: about each filter, and then about those that a client has together, in
// the order of the file, and once if many clients have the same.
func TestCheckIsAsked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.yaml")
	write(t, path, "filters:\n- {clients: [c, d, e], pattern: a, filter: w}\n- {pattern: a, filter: x}\n- {clients: [c, d], pattern: a, filter: y}\n- {pattern: b, filter: x}\n- {pattern: a, filter: z}\n")
	var got [][]string
	p, err := Read(path, func(filters []string) error {
		got = append(got, filters)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"w"}, {"x"}, {"y"}, {"x"}, {"z"}, {"x", "z"}, {"w", "x", "y", "z"}, {"w", "x", "z"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for i, client := range []string{"", "c", "e"} { // as the gateway will ask
		if diff := cmp.Diff(want[5+i], p.Filters(client, pattern(t, "a"))); diff != "" {
			t.Errorf("client %q: %s", client, diff)
		}
	}
}

// TestMistakes: all that is wrong is told, each with its path.
func TestMistakes(t *testing.T) {
	tests := []struct {
		name, file string
		says       []string
	}{
		{"empty", "", []string{"it is empty"}},
		{"only a comment", "# deny: [a]\n", []string{"it is empty"}},
		{"null", "null", []string{"top level (line 1): must be a mapping"}},
		{"list", "[a]", []string{"top level (line 1): must be a mapping"}},
		{"no YAML", "deny: [a", []string{"it is no YAML"}},
		{"tab", "\tdeny: [a]", []string{"it is no YAML"}},
		{"no UTF-8", "deny: [\xff]", []string{"it is no YAML"}},
		{"two documents", "{}\n---\ndeny: [a]\n", []string{"something follows the first document"}},
		{"unknown keys", "denied: [a]\nfilters:\n- {pattern: a, filter: x, client: b}\n", []string{`top level (line 1): unknown key "denied"`, `filters[0] (line 3): unknown key "client"`}},
		{"key twice", "deny: [a]\ndeny: []\n", []string{"deny (line 2): is there twice"}},
		{"merge", "x: &x {deny: [a]}\n<<: *x\n", []string{`unknown key "x"`, `unknown key "<<"`}},
		{"alias", "allow: &x [a]\ndeny: *x\n", []string{"deny (line 2): must be a list"}},
		{"alias of a client", "allow: [&x a]\ndeny: [*x]\n", []string{"deny[0] (line 2): must be a text"}},
		{"no value", "allow:\ndeny: ~\nfilters:\n", []string{"allow (line 1): must be a list", "deny (line 2): must be a list", "filters (line 3): must be a list"}},
		{"clients", "deny: [a b, 'é', '', ~, [a], " + strings.Repeat("x", 129) + "]", []string{
			`deny[0] (line 1): "a b" is no client id`, `deny[1] (line 1): "é" is no client id`, "deny[2] (line 1): must not be empty", "deny[3] (line 1): must not be empty",
			"deny[4] (line 1): must be a text", `deny[5] (line 1): "` + strings.Repeat("x", 64) + `"... is no client id`,
		}},
		{"client twice", "allow: [a, b, a]\n", []string{`allow[2] (line 1): "a" is at allow[0] already`}},
		{"filter without all", "filters:\n- {}\n- a\n- {pattern: a}\n- {filter: x}\n", []string{
			"filters[0].pattern (line 2): is required", "filters[0].filter (line 2): is required", "filters[1] (line 3): must be a mapping", "filters[2].filter (line 4): is required", "filters[3].pattern (line 5): is required",
		}},
		{"no clients", "filters: [{clients: [], pattern: a, filter: x}]", []string{"filters[0].clients (line 1): must not be empty: leave it out for every client"}},
		{"clients are a text", "filters: [{clients: a, pattern: a, filter: x}]", []string{"filters[0].clients (line 1): must be a list"}},
		{"patterns", "filters:\n- {pattern: a..b, filter: x}\n- pattern: >\n  filter: x\n- {pattern: [a], filter: x}\n", []string{
			`filters[0].pattern (line 2): pattern "a..b": has an empty token`, "filters[1].pattern (line 3): must not be empty (> and * need quotes)", "filters[2].pattern (line 5): must be a text",
		}},
		{"pattern is an alias", "filters:\n- pattern: *.us\n  filter: x\n", []string{"begins with * or > needs quotes"}},
		{"bad filters", "filters:\n- {pattern: a, filter: bad}\n- {pattern: b, filter: ok}\n- {pattern: c, filter: bad > 1}\n- {pattern: d, filter: '  '}\n", []string{
			"filters[0].filter (line 2): undeclared reference to 'bad'", "filters[2].filter (line 4): undeclared", "filters[3].filter (line 5): must not be empty",
		}},
		{"filters twice", "filters:\n- {pattern: a, filter: x}\n- {pattern: a, filter: y}\n- {pattern: a, filter: x}\n- {clients: [c, d], pattern: a, filter: x}\n- {clients: [e, d], pattern: a, filter: x}\n", []string{
			"filters[2] (line 4): says again what filters[0] says", "filters[4] (line 6): says again what filters[3] says",
		}},
		{"too much together", "filters:\n- {pattern: a, filter: heavy}\n- {pattern: a, filter: heavy and heavy}\n", []string{
			"filters[1] (line 3): together with filters[0], for every client: may cost too much",
		}},
		{"too much together for every client, so for some", "filters:\n- {pattern: a, filter: heavy 1}\n- {clients: [c], pattern: a, filter: x}\n- {pattern: a, filter: heavy 2}\n- {pattern: a, filter: heavy 3}\n", []string{
			"filters[3] (line 5): together with filters[0] and 1 more, for every client: may cost too much",
		}},
		{"too much together for some", "filters:\n- {clients: [c, d], pattern: a, filter: heavy 1}\n- {pattern: a, filter: heavy 2}\n- {clients: [d, e, f, g], pattern: a, filter: heavy 3}\n- {clients: [g, e], pattern: a, filter: heavy 4}\n", []string{
			`filters[2] (line 4): together with filters[0] and 1 more, for client "d": may cost too much`,
			`filters[3] (line 5): together with filters[1] and 1 more, for client "e": may cost too much`,
		}},
		{"too much together and bad", "filters:\n- {pattern: a, filter: heavy 1}\n- {pattern: b, filter: bad}\n- {pattern: a, filter: heavy heavy}\n", []string{
			"filters[1].filter (line 3): undeclared reference", "filters[2] (line 4): together with filters[0], for every client: may cost too much",
		}},
		{"very many", "deny: [" + strings.Repeat("é,", 100) + "]", []string{"deny[19] (line 1)", "; and 80 more"}},
		{"nested deep", "deny: " + strings.Repeat("[", 50_000), []string{"it is no YAML"}},
		{"too large", "# " + strings.Repeat("x", maxFileBytes), []string{"is larger than 1048576 bytes"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(t, tt.file)
			for _, want := range tt.says {
				if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "policy.yaml") {
					t.Errorf("Read = %v\nwant it to say %q", err, want)
				}
			}
			if err != nil && strings.Count(err.Error(), "; ") >= len(tt.says) && tt.name != "very many" {
				t.Errorf("Read = %v\nwant %d mistakes", err, len(tt.says))
			}
		})
	}
}

func TestReadRefusesOtherThanFiles(t *testing.T) {
	for _, path := range []string{t.TempDir(), os.DevNull, filepath.Join(t.TempDir(), "absent")} {
		if _, err := Read(path, nil); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("Read(%s) = %v", path, err)
		}
	}
}

// FuzzParse: nothing panics, what is accepted has only what a grant can be, and all that
// a client has on a grant was checked.
func FuzzParse(f *testing.F) {
	f.Add([]byte("allow: [a]\ndeny: [b, 'c']\nfilters:\n- {clients: [a], pattern: '>', filter: x}\n- pattern: a.*\n  filter: |\n    y\n"))
	f.Add([]byte("a: &a [*a]\n<<: *a\n? [x]\n: !!binary x\n--- \n"))
	f.Add([]byte("filters:\n- {clients: [a, b], pattern: a, filter: x}\n- {pattern: a, filter: y}\n- {clients: [b], pattern: a, filter: z}\n- {pattern: b, filter: x}\n"))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		checked := map[string]bool{}
		p, err := parse("x", data, func(filters []string) error {
			checked[fmt.Sprintf("%q", filters)] = true
			return nil
		})
		if err != nil {
			return
		}
		for c := range p.deny {
			if p.Check(c) == nil {
				t.Errorf("%q is denied and comes in", c)
			}
		}
		for _, a := range p.filters {
			if _, err := topic.Parse(a.pattern.String()); err != nil || a.filter == "" {
				t.Errorf("%q is accepted: %+v", data, a)
			}
			for _, client := range append(a.clients, "") {
				if has := p.Filters(client, a.pattern); len(has) > 0 && !checked[fmt.Sprintf("%q", has)] {
					t.Errorf("%q: unchecked: %q of client %q", data, has, client)
				}
			}
		}
	})
}
