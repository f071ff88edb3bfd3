package input

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// collect returns the documents as `line JSON`, and the bad lines as `! error`;
// an error that ends the iteration is `!! error`.
func collect(docs Documents) []string {
	var got []string
	for d, err := range docs {
		var bad *BadLine
		switch {
		case errors.As(err, &bad):
			got = append(got, "! "+err.Error())
		case err != nil:
			got = append(got, "!! "+err.Error())
		default:
			got = append(got, string(rune('0'+d.Line))+" "+string(d.JSON))
		}
	}
	return got
}

func TestLines(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     []string
	}{
		{"empty", "", nil},
		{"unchanged", "{\"a\": 1.50}\n{\"b\":2}\n", []string{`1 {"a": 1.50}`, `2 {"b":2}`}},
		{"no line break at the end", `{"a":1}`, []string{`1 {"a":1}`}},
		{"blank lines and CRLF", "\r\n{\"a\":1}\r\n\n{\"b\":2}\r\n", []string{`2 {"a":1}`, `4 {"b":2}`}},
		{"byte-order mark", "\xef\xbb\xbf{\"a\":1}\n", []string{`1 {"a":1}`}},
		{"goes on after a bad line", "{\"a\":1}\n{a}\n{\"b\":2}\n", []string{`1 {"a":1}`, "! line 2: must be JSON: invalid character 'a' looking for beginning of object key string at byte 2", `3 {"b":2}`}},
		{"cut short", `{"a":`, []string{"! line 1: must be JSON: unexpected end of JSON input at byte 5"}},
		{"too long", strings.Repeat("1", MaxLineBytes+1) + "\n2\n", []string{"! line 1: is longer than 10485760 bytes", "2 2"}},
		{"too long at the end", "1\n" + strings.Repeat("1", MaxLineBytes+1), []string{"1 1", "! line 2: is longer than 10485760 bytes"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, collect(Lines(strings.NewReader(tt.in)))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		asText   bool
		want     []string
	}{
		{"in the header's order", "z,a\n1,x\n", false, []string{`2 {"z":1,"a":"x"}`}},
		{"what is a number", "v\n-1.5e3\n007\n+1\n.5\ntrue\n\"\"\n1 \n", false,
			[]string{`2 {"v":-1.5e3}`, `3 {"v":"007"}`, `4 {"v":"+1"}`, `5 {"v":".5"}`, `6 {"v":"true"}`, `7 {"v":""}`, `8 {"v":"1 "}`}},
		{"as text", "v\n15\n", true, []string{`2 {"v":"15"}`}},
		{"quotes", "v,w\n\"a,\"\"b\"\"\nc\",<&>\nd,e\n", false, []string{`2 {"v":"a,\"b\"\nc","w":"<&>"}`, `4 {"v":"d","w":"e"}`}},
		{"byte-order mark", "\xef\xbb\xbfv\n1\n", false, []string{`2 {"v":1}`}},
		{"bad rows", "v,w\n1\na\"b,2\n3,4\n5,\xff\n", false,
			[]string{"! line 2: has 1 values, the header has 2", `! line 3: bare " in non-quoted-field`, `4 {"v":3,"w":4}`, "! line 5: column 2: must be UTF-8"}},
		{"no header", "", false, []string{"!! line 1: the header row is missing"}},
		{"a name twice", "v,v\n", false, []string{`!! line 1: column 2: name "v" must not be empty nor come twice`}},
		{"no name", "v,\n", false, []string{`!! line 1: column 2: name "" must not be empty nor come twice`}},
		{"too many columns", strings.Repeat("v,", maxColumns) + "v\n", false, []string{"!! line 1: the header has 1001 columns, at most 1000"}},
		{"a quote left open", "v\n\"" + strings.Repeat("x", 2*MaxLineBytes), false,
			[]string{"!! read CSV: a row is longer than 10485760 bytes; is a quote left open?"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, collect(CSV(strings.NewReader(tt.in), tt.asText))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadErrorsAreFinal(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	for name, docs := range map[string]Documents{
		"lines": Lines(io.MultiReader(strings.NewReader("{}\n"), iotest.ErrReader(broken))),
		"csv":   CSV(io.MultiReader(strings.NewReader("v\n1\n"), iotest.ErrReader(broken)), false),
	} {
		var last error
		n := 0
		for _, err := range docs {
			n++
			last = err
		}
		if n != 2 || !errors.Is(last, broken) {
			t.Errorf("%s: %d items, last error %v", name, n, last)
		}
	}
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	doc := `{"station":"KNYC","n":1.50,"ok":true,"place":{"state":"ny"},"none":null,"list":[1]}`
	tests := []struct{ template, doc, want, says string }{
		{"{station}", doc, "KNYC", ""},
		{"us-{place.state}-{n}-{ok}!", doc, "us-ny-1.50-true!", ""},
		{"constant", `[1]`, "constant", ""},
		{"", doc, "", ""},
		{"{city}", doc, "", "field city is missing"},
		{"{place.city}", doc, "", "field place.city is missing"},
		{"{station.x}", doc, "", "field station.x is missing"},
		{"{none}", doc, "", "field none must be a string, a number or a boolean"},
		{"{list}", doc, "", "field list must be"},
		{"{station}", `[1]`, "", "must be a JSON object"},
		{"{station}", `null`, "", "must be a JSON object"},
	}
	for _, tt := range tests {
		template, err := ParseTemplate(tt.template)
		if err != nil {
			t.Fatal(err)
		}
		got, err := template.Expand(&Document{JSON: []byte(tt.doc)})
		if got != tt.want || tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%s of %s: %q, %v, want %q, %q", tt.template, tt.doc, got, err, tt.want, tt.says)
		}
	}
}

func TestParseTemplateRefuses(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"{a": "{ without }", "a}": "} without {", "{}": "must name a field", "{a..b}": "must name a field", "{a{b}": "must name a field",
	} {
		if _, err := ParseTemplate(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: err = %v, want it to say %q", text, err, says)
		}
	}
}

func TestWith(t *testing.T) {
	t.Parallel()
	d := &Document{JSON: []byte(`{"z":12345678901234567890,"a":"<x>"}`)}
	got, err := d.With(map[string]string{"a": "new", "m": "added"})
	if want := `{"a":"new","m":"added","z":12345678901234567890}`; string(got) != want || err != nil {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	if _, err := (&Document{JSON: []byte(`7`)}).With(nil); err == nil {
		t.Error("fields were added to a number")
	}
}

func FuzzLines(f *testing.F) {
	for _, seed := range []string{"", "{}\n", "{\"a\":1}\r\n\n[", "\xef\xbb\xbf1", "\x00\n\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		for d, err := range Lines(strings.NewReader(in)) {
			if err == nil && (!json.Valid(d.JSON) || d.Line < 1) {
				t.Errorf("line %d is %q", d.Line, d.JSON)
			}
		}
	})
}

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"", "a,b\n1,2\n", "a\n\"", "\xef\xbb\xbfa\n-\n1e9\n", "a,a\n", "a\n\"x\"y\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		for d, err := range CSV(strings.NewReader(in), false) {
			if err == nil && !json.Valid(d.JSON) {
				t.Errorf("line %d became %q", d.Line, d.JSON)
			}
		}
	})
}

func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"", "{a}", "x{a.b}y", "{", "}{"} {
		f.Add(seed, `{"a":{"b":1}}`)
	}
	f.Fuzz(func(t *testing.T, text, doc string) {
		template, err := ParseTemplate(text)
		if err != nil {
			return
		}
		got, err := template.Expand(&Document{JSON: []byte(doc)})
		if err == nil && !strings.Contains(text, "{") && got != text {
			t.Errorf("%q without fields became %q", text, got)
		}
	})
}
