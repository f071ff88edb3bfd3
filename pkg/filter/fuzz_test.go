package filter

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"cel.dev/cel-go/cel"

	"github.com/spillway/spillway/pkg/event"
)

// slow is more than a compilation or an evaluation can take, also where other fuzzers
// share the processor.
const slow = 10 * time.Second

func FuzzCompile(f *testing.F) {
	for _, text := range []string{
		`data.t > 90 && topic == "weather.us.ny"`, `data.r.exists(r, r.k == "p" && r.v > 1000)`, `data.r.map(x, x.y).filter(z, z > 1).size() > 2`,
		`has(data.a.b) ? data.a.b in ["x", 'y'] : size > 3`, `time.getHours() - 1 > 3 || timestamp("2023-11-14T22:13:20Z") < time`,
		`id.matches("^[0-9]+:(a|b)*$")`, `{"a": [1, 2.0, 3u, b"x", null]} == data`, `data["a"][0] != duration("1h30m")`, `"é" + string(size) // x`,
		`((((true))))`, `!!!-1 < 3 ? 1 : "x"`, "a\n.b", `data.all(x, data.all(y, x == y))`, `type(data) == map`, `google.protobuf.Struct{fields: 1}`, "\x00", `"\u00`,
	} {
		f.Add(text)
	}
	raw := encoded(f, report)
	f.Fuzz(func(t *testing.T, text string) {
		begin := time.Now()
		filter, err := Compile(text)
		if took := time.Since(begin); took > slow {
			t.Fatalf("Compile took %v", took)
		}
		if err != nil {
			checkError(t, text, err)
			return
		}
		if again, err := Compile(filter.String()); err != nil || again.Cost() != filter.Cost() || filter.Cost() < 1 || filter.Cost() > MaxCost {
			t.Fatalf("compiled again: %v, cost %d", err, filter.Cost())
		}
		var e Event
		e.Reset(raw)
		begin = time.Now()
		if got := filter.Eval(&e); got != filter.Eval(&e) {
			t.Error("two results for one event")
		}
		if took := time.Since(begin); took > slow {
			t.Fatalf("Eval took %v", took)
		}
		if filter.test != nil {
			checkAgainstCEL(t, filter, reference(t, text), raw)
		}
	})
}

// checkError checks that an error is fit for a customer, and points into the text.
func checkError(t *testing.T, text string, err error) {
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%T", err)
	}
	lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
	if e.Line > lines || e.Column > utf8.RuneCountInString(text)+1 || e.Column < 0 || (e.Line == 0) != (e.Column == 0) {
		t.Fatalf("line %d, column %d of %q", e.Line, e.Column, text)
	}
	says := err.Error()
	if e.Reason == "" || !utf8.ValidString(says) || strings.ContainsFunc(says, unicode.IsControl) || len(says) > maxReason+50 {
		t.Fatalf("not fit for a customer: %q", says)
	}
}

func FuzzEval(f *testing.F) {
	for _, data := range []string{report, "", "null", `{"a":{"a":[1,"x",{"b":null}]},"b":[[],{}],"t":-1.5e3}`, `{"a":1,"a":"2","\u0061":true}`, `["\ud83d\ude00","\ud800","\\"]`,
		`[1e999,-0,0.1,01]`, "[" + strings.Repeat("[", 70), `{"s":"é` + "\xff" + `"}`, ` [ 1 , 2 ] `, `"\u00"`, "[1,]", `{"a"}`, "1 2", "-", "1.", "tru"} {
		f.Add([]byte(data))
	}
	var filters []*Filter
	for _, text := range []string{
		`data == data`, `data.a == data.b || data.a != 1`, `data.exists(x, x == "a")`, `data.all(x, has(x.a) || x > 1)`, `size(data) > 1`, `data.t > 1 && data.t in [2, 3.0]`,
		`data.map(x, x).filter(x, x != 1) == data`, `data + data == data`, `data[0] == data[1]`, `data.s.matches("a*b") || data.s.contains("x")`, `string(data.a) + data.b == "x"`,
		`data.all(x, data.all(y, x == y || y == 1))`, `"a" in data`, `data.a.a.a == null`, `timestamp(data.a) > time`, `type(data) == type(data.a)`, `data[data.a]`, `data.flag`,
		`data.a == "x" || data.b < 2 || data.a in ["é", 1, null]`, `has(data.a.a) && !has(data.b) && data.a.contains("a")`,
	} {
		filters = append(filters, compile(f, text))
	}
	programs := map[*Filter]cel.Program{}
	for _, filter := range filters {
		if filter.test != nil {
			programs[filter] = reference(f, filter.String())
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		raw, _, err := event.Next(event.Append(nil, &event.Event{Topic: "a", Data: data}))
		if err != nil {
			t.Fatal(err)
		}
		var e Event
		e.Reset(raw)
		begin := time.Now()
		for _, filter := range filters {
			if got := filter.Eval(&e); got != filter.Eval(&e) {
				t.Errorf("%s: two results", filter)
			}
		}
		if took := time.Since(begin); took > slow {
			t.Fatalf("%d evaluations took %v", len(filters), took)
		}
		for filter, program := range programs {
			checkAgainstCEL(t, filter, program, raw)
		}
		checkScan(t, &e, data)
	})
}

// checkScan holds the scanner against encoding/json.
func checkScan(t *testing.T, e *Event, data []byte) {
	if !e.scan(data) {
		if json.Valid(data) && utf8.Valid(data) && bytes.Count(data, []byte("{"))+bytes.Count(data, []byte("[")) <= MaxDepth && len(data) < MaxValues {
			t.Fatalf("%q is JSON", data)
		}
		return
	}
	var want any
	if err := json.Unmarshal(data, &want); err != nil {
		if out := (*json.UnmarshalTypeError)(nil); errors.As(err, &out) {
			return // a number that is too large for a double
		}
		t.Fatalf("%q is not JSON: %v", data, err)
	}
	checkNode(t, &e.nodes[0], want)
}

// checkNode compares a node with what encoding/json has decoded.
func checkNode(t *testing.T, n *node, want any) {
	n.event.spent = 0
	switch want := want.(type) {
	case map[string]any:
		for key, value := range want {
			n.event.spent = 0
			checkNode(t, (*object)(n).member(key), value)
		}
	case []any:
		i := 0
		n.children(func(child *node) bool {
			checkNode(t, child, want[i])
			i++
			return true
		})
		if i != len(want) {
			t.Fatalf("%d elements, want %d", i, len(want))
		}
	case nil:
		if n.kind != kindNull {
			t.Fatalf("kind %d, want null", n.kind)
		}
	default:
		if got := n.value().Value(); got != want && len(n.event.fields.Data) < bytesPerUnit*MaxCost {
			t.Fatalf("%v, want %v", got, want)
		}
	}
}
