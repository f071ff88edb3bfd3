package ingest

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLookup(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 9000) + strings.Repeat("]", 9000)
	tests := []struct {
		name, doc string
		path      []step
		want      string
		found     bool
	}{
		{"member", `{"state":"ny"}`, []step{{name: "state"}}, `"ny"`, true},
		{"the whole document", " 1\n", nil, `1`, true},
		{"spaces everywhere", " { \"a\" :\t[ 1 , { \"b\" : -2.5e3 } ] }\n", []step{{name: "a"}, {index: 1}, {name: "b"}}, `-2.5e3`, true},
		{"after every kind of value", `{"s":"}\"]","n":1,"o":{"x":[{}]},"a":[[],{}],"t":true,"z":null,"want":7}`, []step{{name: "want"}}, `7`, true},
		{"last of a repeated name", `{"a":1,"a":2}`, []step{{name: "a"}}, `2`, true},
		{"last of a repeated name has no such member", `{"a":{"b":1},"a":2}`, []step{{name: "a"}, {name: "b"}}, ``, false},
		{"escaped name", `{"\u0073tate":"ny"}`, []step{{name: "state"}}, `"ny"`, true},
		{"name of another member", `{"x":{"state":"ny"}}`, []step{{name: "state"}}, ``, false},
		{"longer name", `{"states":"ny"}`, []step{{name: "state"}}, ``, false},
		{"empty object", `{ }`, []step{{name: "a"}}, ``, false},
		{"empty array", `[ ]`, []step{{index: 0}}, ``, false},
		{"first element", `[1,2]`, []step{{index: 0}}, `1`, true},
		{"beyond the array", `[1,2]`, []step{{index: 2}}, ``, false},
		{"member of an array", `[1]`, []step{{name: "a"}}, ``, false},
		{"element of an object", `{"a":1}`, []step{{index: 0}}, ``, false},
		{"member of a scalar", `3`, []step{{name: "a"}}, ``, false},
		{"over deep nesting", `{"x":` + deep + `,"a":1}`, []step{{name: "a"}}, `1`, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := lookup([]byte(tt.doc), tt.path)
			if ok != tt.found || string(got) != tt.want {
				t.Errorf("got %q, %v, want %q, %v", got, ok, tt.want, tt.found)
			}
		})
	}
}

// FuzzLookup holds lookup against encoding/json.
func FuzzLookup(f *testing.F) {
	f.Add([]byte(`{"a":[{"b":"x\ny"},[1]]}`), "a", 0, "b")
	f.Add([]byte(` {"a" : [ null , 2 ] , "a":{"\u0061":[]}} `), "a", 1, "a")
	f.Add([]byte(`{"":"","a":{"[":"]\\"}}`), "a", 0, "[")
	f.Add([]byte("\"\" "), "0", 1, "0")
	f.Fuzz(func(t *testing.T, doc []byte, first string, index int, last string) {
		var whole any
		if first == "" || last == "" || index < 0 || !utf8.Valid(doc) || json.Unmarshal(doc, &whole) != nil {
			return
		}
		paths := [][]step{{}, {{name: first}}, {{index: index}}, {{name: first}, {index: index}},
			{{name: first}, {index: index}, {name: last}}, {{index: index}, {name: last}}, {{name: first}, {name: last}}}
		for _, path := range paths {
			want, found := walk(whole, path)
			got, ok := lookup(doc, path)
			if ok != found {
				t.Fatalf("path %v: found %v, want %v", path, ok, found)
			}
			if !ok {
				continue
			}
			var value any
			if err := json.Unmarshal(got, &value); err != nil || !reflect.DeepEqual(value, want) {
				t.Fatalf("path %v: %q (%v), want %v", path, got, err, want)
			}
			if text, ok := scalar(got); ok {
				if s, isString := want.(string); isString && s != string(text) {
					t.Fatalf("path %v: scalar %q, want %q", path, text, s)
				}
			}
		}
	})
}

func walk(v any, path []step) (any, bool) {
	for _, s := range path {
		switch c := v.(type) {
		case map[string]any:
			next, ok := c[s.name]
			if s.name == "" || !ok {
				return nil, false
			}
			v = next
		case []any:
			if s.name != "" || s.index >= len(c) {
				return nil, false
			}
			v = c[s.index]
		default:
			return nil, false
		}
	}
	return v, true
}
