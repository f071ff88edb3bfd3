package pattern_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource/pattern"
)

func decode(t testing.TB, text string) map[string]any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var document map[string]any
	if err := dec.Decode(&document); err != nil {
		t.Fatalf("document %s: %v", text, err)
	}
	return document
}

func TestMatch(t *testing.T) {
	t.Parallel()
	type documents []string
	tests := map[string]struct {
		pattern string
		yes, no documents
	}{
		"equals":            {`{"a":["x"]}`, documents{`{"a":"x","b":1}`}, documents{`{"a":"X"}`, `{"a":"xx"}`, `{}`, `{"a":{"x":1}}`}},
		"null":              {`{"a":[null]}`, documents{`{"a":null}`}, documents{`{}`, `{"a":""}`, `{"a":"null"}`}},
		"empty":             {`{"a":[""]}`, documents{`{"a":""}`}, documents{`{"a":null}`, `{}`}},
		"boolean":           {`{"a":[true]}`, documents{`{"a":true}`}, documents{`{"a":false}`, `{"a":"true"}`}},
		"number":            {`{"a":[300]}`, documents{`{"a":300}`}, documents{`{"a":300.0}`, `{"a":3.0e2}`, `{"a":"300"}`}},
		"and":               {`{"a":["x"],"b":["y"]}`, documents{`{"a":"x","b":"y"}`}, documents{`{"a":"x"}`, `{"a":"x","b":"x"}`}},
		"or of values":      {`{"a":["x","y"]}`, documents{`{"a":"x"}`, `{"a":"y"}`}, documents{`{"a":"z"}`}},
		"nested":            {`{"a":{"b":{"c":[1]}}}`, documents{`{"a":{"b":{"c":1}}}`}, documents{`{"a":{"b":{"d":1}}}`, `{"a":{"b":1}}`, `{"a":1}`}},
		"array":             {`{"a":["x"]}`, documents{`{"a":["y","x"]}`, `{"a":[["x"]]}`}, documents{`{"a":[]}`, `{"a":["y"]}`, `{"a":[{"x":1}]}`}},
		"objects in array":  {`{"a":{"b":[1],"c":[2]}}`, documents{`{"a":[{"b":0},{"b":1,"c":2}]}`}, documents{`{"a":[{"b":1},{"c":2}]}`}},
		"prefix":            {`{"a":[{"prefix":"us-"}]}`, documents{`{"a":"us-east-1"}`}, documents{`{"a":"US-east-1"}`, `{"a":1}`, `{}`}},
		"prefix folded":     {`{"a":[{"prefix":{"equals-ignore-case":"üS-"}}]}`, documents{`{"a":"Üs-east"}`}, documents{`{"a":"ü"}`, `{"a":"xus-"}`}},
		"suffix":            {`{"a":[{"suffix":".png"}]}`, documents{`{"a":"b.png"}`}, documents{`{"a":"b.PNG"}`, `{"a":"b.png "}`}},
		"suffix folded":     {`{"a":[{"suffix":{"equals-ignore-case":".PNG"}}]}`, documents{`{"a":"b.png"}`}, documents{`{"a":"b.pn"}`, `{"a":"g"}`}},
		"ignore case":       {`{"a":[{"equals-ignore-case":"Alice"}]}`, documents{`{"a":"ALICE"}`}, documents{`{"a":"alicia"}`, `{"a":null}`}},
		"not":               {`{"a":[{"anything-but":"x"}]}`, documents{`{"a":"y"}`, `{"a":1}`, `{"a":null}`, `{"a":["x","y"]}`}, documents{`{"a":"x"}`, `{}`, `{"a":["x"]}`}},
		"not of list":       {`{"a":[{"anything-but":["x","y"]}]}`, documents{`{"a":"z"}`}, documents{`{"a":"x"}`, `{"a":"y"}`}},
		"not of numbers":    {`{"a":[{"anything-but":[1,2]}]}`, documents{`{"a":3}`, `{"a":"1"}`}, documents{`{"a":1}`, `{"a":2}`}},
		"not prefix":        {`{"a":[{"anything-but":{"prefix":"init"}}]}`, documents{`{"a":"done"}`}, documents{`{"a":"initial"}`, `{}`, `{"a":1}`}},
		"not prefixes":      {`{"a":[{"anything-but":{"prefix":["x","y"]}}]}`, documents{`{"a":"z"}`}, documents{`{"a":"xa"}`, `{"a":"ya"}`}},
		"not suffix":        {`{"a":[{"anything-but":{"suffix":".txt"}}]}`, documents{`{"a":"b.png"}`}, documents{`{"a":"b.txt"}`}},
		"not folded":        {`{"a":[{"anything-but":{"equals-ignore-case":["x","y"]}}]}`, documents{`{"a":"z"}`}, documents{`{"a":"X"}`, `{"a":"Y"}`}},
		"not wildcard":      {`{"a":[{"anything-but":{"wildcard":"*/lib/*"}}]}`, documents{`{"a":"src/x"}`}, documents{`{"a":"a/lib/b"}`}},
		"numeric equals":    {`{"a":[{"numeric":["=",100]}]}`, documents{`{"a":100}`, `{"a":100.0}`, `{"a":1e2}`}, documents{`{"a":101}`, `{"a":"100"}`}},
		"numeric range":     {`{"a":[{"numeric":[">",10,"<=",20]}]}`, documents{`{"a":10.5}`, `{"a":20}`}, documents{`{"a":10}`, `{"a":20.001}`, `{}`}},
		"numeric at least":  {`{"a":[{"numeric":[">=",-1.5]}]}`, documents{`{"a":-1.5}`}, documents{`{"a":-2}`, `{"a":6e9}`}},
		"numeric below":     {`{"a":[{"numeric":["<",0]}]}`, documents{`{"a":-0.1}`}, documents{`{"a":0}`, `{"a":1e999}`}},
		"exists":            {`{"a":[{"exists":true}]}`, documents{`{"a":1}`, `{"a":null}`, `{"a":[1]}`}, documents{`{}`, `{"a":{"b":1}}`, `{"a":[]}`}},
		"does not exist":    {`{"a":{"b":[{"exists":false}]}}`, documents{`{}`, `{"a":1}`, `{"a":{"c":1}}`, `{"a":[]}`, `{"a":{"b":{"c":1}}}`}, documents{`{"a":{"b":null}}`}},
		"value or none":     {`{"a":["x",{"exists":false}]}`, documents{`{}`, `{"a":"x"}`}, documents{`{"a":"y"}`}},
		"address":           {`{"a":[{"cidr":"10.0.0.0/24"}]}`, documents{`{"a":"10.0.0.255"}`}, documents{`{"a":"10.0.1.0"}`, `{"a":"x"}`, `{"a":1}`}},
		"address, 6":        {`{"a":[{"cidr":"2001:db8::/32"}]}`, documents{`{"a":"2001:db8::1"}`}, documents{`{"a":"2001:db9::1"}`, `{"a":"10.0.0.1"}`}},
		"wildcard":          {`{"a":[{"wildcard":"dir/*/x*.png"}]}`, documents{`{"a":"dir/y/x.png"}`, `{"a":"dir//xx.png.png"}`}, documents{`{"a":"dir/x.png"}`, `{"a":"dir/y/x.pn"}`}},
		"wildcard escaped":  {`{"a":[{"wildcard":"a\\*b\\\\*"}]}`, documents{`{"a":"a*b\\"}`, `{"a":"a*b\\c"}`}, documents{`{"a":"axb\\"}`, `{"a":"a*b"}`}},
		"wildcard, none":    {`{"a":[{"wildcard":"x"}]}`, documents{`{"a":"x"}`}, documents{`{"a":"xx"}`, `{"a":"yx"}`}},
		"wildcard, overlap": {`{"a":[{"wildcard":"ab*ba"}]}`, documents{`{"a":"abba"}`}, documents{`{"a":"aba"}`}},
		"or of fields":      {`{"c":[1],"$or":[{"a":["x"]},{"b":[{"numeric":[">",5]}]}]}`, documents{`{"c":1,"a":"x"}`, `{"c":1,"b":6}`}, documents{`{"c":1,"b":5}`, `{"a":"x"}`}},
		"or within":         {`{"a":{"$or":[{"b":[1]},{"c":[1]}]}}`, documents{`{"a":{"c":1}}`, `{"a":[{"d":1},{"b":1}]}`}, documents{`{"c":1}`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := pattern.Parse(tt.pattern)
			if err != nil {
				t.Fatal(err)
			}
			for _, doc := range tt.yes {
				if !p.Match(decode(t, doc)) {
					t.Errorf("%s does not match %s", doc, tt.pattern)
				}
			}
			for _, doc := range tt.no {
				if p.Match(decode(t, doc)) {
					t.Errorf("%s matches %s", doc, tt.pattern)
				}
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing":               ``,
		"no JSON":               `{"a":["x"=1]}`,
		"no object":             `["x"]`,
		"a string":              `"x"`,
		"cut off":               `{"a":["x"]`,
		"more than an object":   `{"a":["x"]} {}`,
		"empty object":          `{}`,
		"empty object within":   `{"a":{}}`,
		"empty list":            `{"a":[]}`,
		"no list":               `{"a":"x"}`,
		"number for list":       `{"a":1}`,
		"list in list":          `{"a":[["x"]]}`,
		"name twice":            `{"a":["x"],"a":["y"]}`,
		"unknown operator":      `{"a":[{"like":"x"}]}`,
		"two operators":         `{"a":[{"prefix":"x","suffix":"y"}]}`,
		"no operator":           `{"a":[{}]}`,
		"prefix of number":      `{"a":[{"prefix":1}]}`,
		"prefix of list":        `{"a":[{"prefix":["x"]}]}`,
		"odd prefix":            `{"a":[{"prefix":{"wildcard":"x"}}]}`,
		"exists of text":        `{"a":[{"exists":"true"}]}`,
		"numeric of text":       `{"a":[{"numeric":["=","1"]}]}`,
		"numeric, no list":      `{"a":[{"numeric":1}]}`,
		"numeric, operator":     `{"a":[{"numeric":["!=",1]}]}`,
		"numeric, no operator":  `{"a":[{"numeric":[1,2]}]}`,
		"numeric, odd":          `{"a":[{"numeric":["<",1,">"]}]}`,
		"numeric, turned round": `{"a":[{"numeric":["<",1,">",0]}]}`,
		"numeric, empty range":  `{"a":[{"numeric":[">",5,"<",5]}]}`,
		"numeric, too large":    `{"a":[{"numeric":["<",5000000001]}]}`,
		"not, mixed":            `{"a":[{"anything-but":["x",1]}]}`,
		"not, nothing":          `{"a":[{"anything-but":[]}]}`,
		"not, null":             `{"a":[{"anything-but":null}]}`,
		"not, operator":         `{"a":[{"anything-but":{"numeric":["=",1]}}]}`,
		"not, two":              `{"a":[{"anything-but":{"prefix":"x","suffix":"y"}}]}`,
		"not, no prefixes":      `{"a":[{"anything-but":{"prefix":[]}}]}`,
		"cidr":                  `{"a":[{"cidr":"10.0.0.0"}]}`,
		"cidr of number":        `{"a":[{"cidr":10}]}`,
		"wildcards":             `{"a":[{"wildcard":"a**b"}]}`,
		"wildcard, backslash":   `{"a":[{"wildcard":"a\\b"}]}`,
		"or, one":               `{"$or":[{"a":[1]}]}`,
		"or, no list":           `{"$or":{"a":[1]}}`,
		"or, values":            `{"$or":["a","b"]}`,
		"or, empty":             `{"$or":[{"a":[1]},{}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := pattern.Parse(text); err == nil {
				t.Errorf("%s was taken", text)
			}
		})
	}
}

func TestMentions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]bool{
		`{"partitionKey":["x"]}`:                       {false, false},
		`{"data":{"a":["x"]}}`:                         {true, false},
		`{"data":["x"]}`:                               {true, true},
		`{"$or":[{"x":["x"]},{"data":{"a":[1]}}]}`:     {true, false},
		`{"$or":[{"data":["x"]},{"data":{"a":[1]}}]}`:  {true, true},
		`{"x":{"data":["deeper, so not this field"]}}`: {false, false},
	} {
		p, err := pattern.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if mentioned, listed := p.Mentions("data"); [2]bool{mentioned, listed} != want {
			t.Errorf("%s: mentions %v, lists %v, want %v", text, mentioned, listed, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`{"a":["x",{"prefix":"x"},{"wildcard":"a*\\*"}],"$or":[{"b":[1]},{"c":[{"numeric":[">",1,"<",2]}]}]}`,
		`{"a":{"b":[{"anything-but":{"suffix":["x"]}},{"cidr":"::/0"},{"exists":false},null]}}`, `{`, `[]`,
	} {
		f.Add(text, `{"a":{"b":["x",{"c":1}]}}`)
	}
	f.Fuzz(func(t *testing.T, text, document string) {
		p, err := pattern.Parse(text)
		if err != nil {
			return
		}
		if !json.Valid([]byte(text)) {
			t.Errorf("%q is no JSON and was taken", text)
		}
		var doc map[string]any
		dec := json.NewDecoder(strings.NewReader(document))
		dec.UseNumber()
		if dec.Decode(&doc) == nil {
			p.Match(doc)
		}
	})
}
