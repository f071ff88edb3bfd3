package ingest

import (
	"encoding/json"
	"strings"
	"testing"
)

// deepJSON has arrays within each other.
func deepJSON(depth int) []byte {
	return []byte(strings.Repeat("[", depth) + strings.Repeat("]", depth))
}

func TestValidJSONDepth(t *testing.T) {
	t.Parallel()
	for _, depth := range []int{1, maxJSONDepth, maxJSONDepth + 1} {
		if got, want := validJSON(deepJSON(depth)), json.Valid(deepJSON(depth)); got != want {
			t.Errorf("depth %d: %v, json.Valid says %v", depth, got, want)
		}
	}
}

// FuzzValidJSON holds validJSON against encoding/json, wherever in eight bytes something
// begins.
func FuzzValidJSON(f *testing.F) {
	for _, text := range []string{
		`{"state":"ny","n":[1,-0.5e+3,0,{}],"b":true,"c":false,"z":null}`, " [ ] ", `""`, `"\u00Ff\"\\\/\b\f\n\r\t"`, `"ä€😀 and more of it"`,
		"\"\xff\xfe\"", "\"1234567\t\"", `01`, `1.`, `.5`, `-`, `1e`, `1E+`, `tru`, `nulll`, `{"a" 1}`, `{"a":1,}`, `[1,]`, `[1 2]`, `{1:2}`,
		`"\u12g4"`, `"\x"`, `"`, `"\`, `[`, `{"a":`, ``, `1 2`, "\x00", `{"a":{"b":[{"c":"d"}]}}`, "\"\x7f\"",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for range 8 {
			if got, want := validJSON(b), json.Valid(b); got != want {
				t.Fatalf("%q: %v, json.Valid says %v", b, got, want)
			}
			b = append([]byte(" "), b...)
		}
	})
}

func BenchmarkValidJSON(b *testing.B) {
	doc := []byte(`{"station":"KNYC","state":"ny","temperature":-3.5,"pad":"` + strings.Repeat("x", 140) + `"}`)
	for name, valid := range map[string]func([]byte) bool{"ours": validJSON, "encoding-json": json.Valid} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				if !valid(doc) {
					b.Fatal("not valid")
				}
			}
		})
	}
}
