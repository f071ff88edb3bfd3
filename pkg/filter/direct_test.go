package filter

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cel.dev/cel-go/cel"
	"pgregory.net/rapid"

	"github.com/spillway/spillway/pkg/event"
)

// reference returns CEL's own program of a filter.
func reference(t interface{ Fatal(...any) }, text string) cel.Program {
	env, err := language()
	if err != nil {
		t.Fatal(err)
	}
	expr, found := env.Compile(text)
	if found.Err() != nil {
		t.Fatal(found.Err())
	}
	p, err := program(env, expr)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// checkAgainstCEL holds a filter that is evaluated without CEL against CEL: as the first
// one that looks at an event, and as one that comes after the other.
func checkAgainstCEL(t interface{ Fatalf(string, ...any) }, f *Filter, p cel.Program, raw event.Raw) {
	var ours, theirs Event
	ours.Reset(raw)
	theirs.Reset(raw)
	theirs.spent = 0
	first, want := f.Eval(&ours), eval(p, &theirs)
	further := f.Eval(&theirs)
	ours.spent = 0
	wantFurther := eval(p, &ours)
	if first != want || further != wantFurther {
		t.Fatalf("%s of %.500q: %d and then %d, CEL: %d and then %d", f, raw.Bytes, first, further, want, wantFurther)
	}
}

// TestDirect: what is evaluated without CEL, and what is not.
func TestDirect(t *testing.T) {
	tests := []struct {
		text   string
		direct bool
	}{
		{`data.t > 90`, true},
		{`90u <= data.a["b c"].t`, true},
		{`data.a == null || data.b != true && !(data.c < "x")`, true},
		{`topic in ["a", "b"] && data.x in [1, 2.0, "x", null, false]`, true},
		{`has(data.a) && has(data.a.b)`, true},
		{`data.ok`, true},
		{`!data.ok || data.ok`, true},
		{`size > 100 && id != "" && partition_key == "x" && topic >= "b"`, true},
		{`topic.startsWith("a") && data.s.endsWith("b") && data.s["x"].contains("")`, true},
		{`data > 5`, false},
		{`data.t > data.u`, false},
		{`data.t > 90 && data.u > data.v`, false},
		{`data.t * 2.0 > 90.0`, false},
		{`data.tags[0] == "x"`, false},
		{`"x" in data.tags`, false},
		{`data.x in []`, false},
		{`data.x in [[1]]`, false},
		{`data.x == b"x"`, false},
		{`data.x == [1]`, false},
		{`time > timestamp("2023-11-14T22:13:20Z")`, false},
		{`data.s.matches("x")`, false},
		{`data.r.exists(data, data.x == 1)`, false},
		{`data.a ? data.b : data.c`, false},
		{`true`, false},
	}
	for _, tt := range tests {
		f := compile(t, tt.text)
		if got := f.test != nil; got != tt.direct {
			t.Errorf("%s: direct is %t", tt.text, got)
		}
		if (f.program == nil) != tt.direct {
			t.Errorf("%s: a filter is one or the other", tt.text)
		}
	}
}

// constants are of every type that a field can be compared with, and at their limits.
func constants() []string {
	return []string{`"a"`, `"b"`, `"é"`, `""`, `"weather.us.ny"`, `"KNYC"`, "null", "true", "false", "0", "-0.0", "1", "1u", "1.0", "-1", "2", "1.5", "1e300", "-1e300", "18446744073709551615u",
		"9007199254740992", "9007199254740993", "9007199254740993u", "9007199254740994.0", "9223372036854775807", "-9223372036854775808", "9223372036854775808.0"}
}

// values are what data can have in the place of a field, and what is no JSON.
func values() []string {
	return []string{`"a"`, `"b"`, `"ab"`, `"é"`, `"\u00e9"`, `""`, `"\"\\\/\n"`, `"\ud800"`, "\"\xff\"", "\"\x00\"", `"weather.us.ny"`, "null", "true", "false", "{}", "[]", `{"a":1}`, `["a"]`, `[1]`,
		"0", "-0", "1", "1.0", "1e0", "-1", "2", "1.5", "01", "-", "1.", "1e300", "9007199254740992", "9007199254740993", "9007199254740994", "9223372036854775807", "9223372036854775808",
		"-9223372036854775808", "18446744073709551615", "18446744073709551616", "1e999", "-1e999", "1e-999", "123456789012345678901234567890", "0.1000000000000000055511151231257827"}
}

// TestDirectComparesAsCEL tries every comparison of every value with every constant.
func TestDirectComparesAsCEL(t *testing.T) {
	var texts []string
	for _, c := range constants() {
		for _, op := range []string{"==", "!=", "<", "<=", ">", ">="} {
			texts = append(texts, "data.a "+op+" "+c, c+" "+op+" data.a")
		}
		texts = append(texts, "data.a in ["+c+"]", "data.a in ["+c+`, "b", 2]`, "size <= "+c, "topic >= "+c, "id != "+c, "partition_key in ["+c+"]")
	}
	for _, method := range []string{"startsWith", "endsWith", "contains"} {
		texts = append(texts, "data.a."+method+`("")`, "data.a."+method+`("b")`, "topic."+method+`("ny")`)
	}
	texts = append(texts, "data.a", "!data.a", "has(data.a)", "has(data.a.a)", "has(data.a.b)", "data.a.a == 1", "data.a && true == data.a", "data.a || data.a == 1", "data.a in [null, true]")
	raws := []event.Raw{encoded(t, ""), encoded(t, `{"b":1}`), {Topic: []byte("weather.us.ny"), Bytes: []byte{0x0a, 0x01, 0x80}}}
	for _, v := range values() {
		raws = append(raws, encoded(t, v), encoded(t, `{"a":`+v+`}`))
	}
	compared := 0
	for _, text := range texts {
		f, err := Compile(text)
		if err != nil {
			continue // the types do not fit
		}
		if f.test == nil {
			t.Fatalf("%s is left to CEL", text)
		}
		p := reference(t, text)
		for _, raw := range raws {
			checkAgainstCEL(t, f, p, raw)
			compared++
		}
	}
	if compared < 20_000 {
		t.Errorf("only %d comparisons", compared)
	}
}

// names are what paths are made of, and keys of objects.
func names() []string {
	return []string{"a", "a", "a", "b", "b", "c", "", "é", "a\"b", "long-name-of-a-field"}
}

func path() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		text := "data"
		for range rapid.IntRange(1, 3).Draw(t, "depth") {
			if name := rapid.SampledFrom(names()).Draw(t, "name"); len(name) == 1 && rapid.Bool().Draw(t, "dot") {
				text += "." + name
			} else {
				text += "[" + strconv.Quote(name) + "]"
			}
		}
		return text
	})
}

func operand() *rapid.Generator[string] {
	return rapid.OneOf(path(), path(), path(), rapid.SampledFrom([]string{"topic", "partition_key", "id", "size"}))
}

func constant() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom(constants()), rapid.SampledFrom(constants()),
		rapid.Map(rapid.Int64Range(-3, 300), func(i int64) string { return strconv.FormatInt(i, 10) }),
		rapid.Map(rapid.Float64Range(-3, 3), func(f float64) string { return fmt.Sprintf("%f", f) }),
		rapid.Map(rapid.StringN(0, 3, -1), strconv.Quote),
	)
}

// expression is one of the shapes that are evaluated without CEL.
func expression(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		if depth > 0 && rapid.IntRange(0, 2).Draw(t, "joined") > 0 {
			a, b := expression(depth-1).Draw(t, "a"), expression(depth-1).Draw(t, "b")
			return rapid.SampledFrom([]string{"(" + a + ") && (" + b + ")", "(" + a + ") || (" + b + ")", "!(" + a + ")"}).Draw(t, "joint")
		}
		switch rapid.IntRange(0, 8).Draw(t, "shape") {
		case 0:
			return path().Draw(t, "flag")
		case 1:
			in := rapid.OneOf(path(), rapid.Just("data")).Draw(t, "in")
			return "has(" + in + "." + rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "member") + ")"
		case 2:
			list := rapid.SliceOfN(constant(), 1, 4).Draw(t, "list")
			return operand().Draw(t, "elem") + " in [" + strings.Join(list, ", ") + "]"
		case 3:
			method := rapid.SampledFrom([]string{"startsWith", "endsWith", "contains"}).Draw(t, "method")
			return operand().Draw(t, "string") + "." + method + "(" + strconv.Quote(rapid.StringN(0, 2, -1).Draw(t, "part")) + ")"
		default:
			op := rapid.SampledFrom([]string{"==", "!=", "<", "<=", ">", ">="}).Draw(t, "op")
			a, b := operand().Draw(t, "field"), constant().Draw(t, "constant")
			if rapid.Bool().Draw(t, "mirrored") {
				a, b = b, a
			}
			return a + " " + op + " " + b
		}
	})
}

// document is JSON, mostly, and an object, mostly.
func document(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		shape := rapid.IntRange(0, 9).Draw(t, "shape")
		switch {
		case depth > 0 && shape > 4-depth:
			space := rapid.SampledFrom([]string{"", "", "", " ", "\n\t"})
			members := rapid.SliceOfN(document(depth-1), 0, 5).Draw(t, "members")
			for i, m := range members {
				key := strconv.QuoteToASCII(rapid.SampledFrom(names()).Draw(t, "key"))
				if rapid.IntRange(0, 5).Draw(t, "escaped") == 0 {
					key = `"\u0061"`
				}
				members[i] = space.Draw(t, "space") + key + space.Draw(t, "space") + ":" + space.Draw(t, "space") + m
			}
			return "{" + strings.Join(members, ",") + "}"
		case depth > 0 && shape == 0:
			return "[" + strings.Join(rapid.SliceOfN(document(depth-1), 0, 3).Draw(t, "elements"), " , ") + "]"
		case shape == 1:
			return strconv.Quote(rapid.StringN(0, 12, -1).Draw(t, "string"))
		case shape == 2:
			return strconv.FormatFloat(rapid.Float64().Draw(t, "float"), 'g', -1, 64)
		case shape == 3:
			return strconv.FormatInt(rapid.Int64Range(-3, 300).Draw(t, "int"), 10)
		default:
			return rapid.SampledFrom(values()).Draw(t, "value")
		}
	})
}

// sameAsCEL is a property: filters of all direct shapes are to all data what they are to CEL.
func sameAsCEL(t *rapid.T) {
	text := expression(2).Draw(t, "filter")
	f, err := Compile(text)
	if err != nil {
		t.Skip(err) // most of types that do not fit
	}
	if f.test == nil {
		t.Fatalf("%s is left to CEL", text)
	}
	p := reference(t, text)
	for range 8 {
		data := document(3).Draw(t, "data")
		if rapid.IntRange(0, 9).Draw(t, "cut") == 0 && len(data) > 0 {
			data = data[:rapid.IntRange(0, len(data)-1).Draw(t, "at")]
		}
		checkAgainstCEL(t, f, p, rawOf(t, data))
	}
}

func TestDirectIsCEL(t *testing.T) { rapid.Check(t, sameAsCEL) }

// FuzzDirect is the same for any text that is evaluated without CEL.
func FuzzDirect(f *testing.F) {
	for _, seed := range []struct{ text, data string }{
		{`data.t > 90 && data.state == "ny" || !has(data.x)`, report}, {`has(data.a.b) && data.a.b in ["x", 1, 2.5, null, true]`, `{"a":{"b":2.5}}`},
		{`data["a b"].c <= 9007199254740993 || -1.5e3 != data.a`, `{"a b":{"c":9007199254740992},"a":1e999}`}, {`!data.ok || data.a.startsWith("\u00e9")`, `{"ok":true,"a":"\u00e9t\u00e9"}`},
		{`topic >= "weather" && size < 10u && id.contains(":") && partition_key in ["KNYC"]`, "not JSON"}, {`data.a == "x" || data.a == null || data.a < true`, `{"a":1,"a":null}`},
		{`"b" >= data.a && data.a.endsWith("")`, ` { "a" : [ ] } `}, {`has(data.a)`, `"a"`}, {`data.a`, `[1e999]`}, {`has(data.a.a)`, "-0.5e-3"},
	} {
		f.Add(seed.text, []byte(seed.data))
	}
	f.Fuzz(func(t *testing.T, text string, data []byte) {
		filter, err := Compile(text)
		if err != nil || filter.test == nil {
			return
		}
		checkAgainstCEL(t, filter, reference(t, text), rawOf(t, string(data)))
	})
}

// large are data that are too costly for some filters.
func large() []string {
	object := func(n int, v string) string { return `{` + strings.Repeat(`"":1,`, n) + `"a":` + v + `,"b":2}` }
	text := func(n int) string { return `"` + strings.Repeat("x", n) + `"` }
	return []string{
		object(30_000, "1"), object(15_000, object(15_000, "1")), `{"a":` + text(200_000) + `,"b":` + text(200_000) + `}`,
		`{"a":` + text(400_000) + `}`, text(200_000), text(400_000), `{"a":0.` + strings.Repeat("1", 400_000) + `}`, `{"a":{"b":` + text(319_000) + `}}`,
		`{"a":"\n` + text(161_000)[1:] + `,"b":"\n` + text(161_000)[1:] + `}`, `{"` + strings.Repeat(`\n`, 100_000) + `":1,"a":2}`,
		"0." + strings.Repeat("1", 400_000), "[" + text(400_000) + "]",
	}
}

// TestDirectCosts: a filter that is evaluated without CEL pays what it pays with it.
func TestDirectCosts(t *testing.T) {
	var raws []event.Raw
	for _, data := range large() {
		raws = append(raws, encoded(t, data))
	}
	found := map[Result]int{}
	for _, text := range []string{
		`data.a == "x"`, `data.a.a == 1 || data.a.b == 2`, `has(data.a.b)`, `data.a == "x" && data.b == 2`, `data.a != 1 && data.a in [1] || data.b == 2`, `data.c == 1 || data.a == 1 || data.a == 2`,
		`data.a && data.b`, `size > 10 || data.a == 1`, `has(data.a) && has(data.b) && has(data.c)`, `data.b.startsWith("x")`,
	} {
		f, p := compile(t, text), reference(t, text)
		if f.test == nil {
			t.Fatalf("%s is left to CEL", text)
		}
		for _, raw := range raws {
			checkAgainstCEL(t, f, p, raw)
			var e Event
			e.Reset(raw)
			found[f.Eval(&e)]++
		}
	}
	if found[TooCostly] < 20 || found[True]+found[False] < 20 || found[None] < 20 {
		t.Errorf("results %v: too few of some for the test to mean anything", found)
	}
}

// TestNoGarbage: an event costs no memory, whatever is or is not in it.
func TestNoGarbage(t *testing.T) {
	raws := slices.Concat(reports(t, 0)[:8], []event.Raw{encoded(t, "it is warm"), encoded(t, `[1]`), encoded(t, `{"t":"x"}`), encoded(t, report)})
	for _, text := range []string{
		`data.t > 90`, `data.x > 90`, `data.city == "albany"`, `data.t > 50 && data.wind.speed > 1 && data.state == "ny"`, `has(data.x) || !has(data.t.x)`,
		`data.city in ["albany", "utica"] || data.t in [1, 2]`, `topic.startsWith("weather.") && size > 3`, `!data.ok`,
	} {
		f := compile(t, text)
		var e Event
		n := testing.AllocsPerRun(10, func() {
			for _, raw := range raws {
				e.Reset(raw)
				f.Match(&e)
				f.Match(&e)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations for %d events", text, n, len(raws))
		}
	}
}
