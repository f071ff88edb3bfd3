package filter

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/event"
)

// report is data as a station may send it.
const report = `{"station":"KNYC","state":"ny","lat":40.7789,"lon":-73.9692,"t":91.4,"wind":{"speed":12.5,"dir":"NW","gust":null},` +
	`"ok":true,"readings":[{"k":"t","v":91.4},{"k":"h","v":0.61},{"k":"p","v":1013.2}],"tags":["city","coast"],"at":"2023-11-14T22:13:20Z"}`

// encoded is an event with the data.
func encoded(t testing.TB, data string) event.Raw {
	t.Helper()
	return rawOf(t, data)
}

func rawOf(t interface{ Fatal(...any) }, data string) event.Raw {
	raw, _, err := event.Next(event.Append(nil, &event.Event{
		Shard: "shardId-000000000001", SequenceNumber: "49590338271490256608559692538361571095921575989136588898", SubSequence: 2,
		Topic: "weather.us.ny", PartitionKey: "KNYC", Arrival: time.UnixMilli(1700000000123), Data: []byte(data)}))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func compile(t testing.TB, text string) *Filter {
	t.Helper()
	f, err := Compile(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return f
}

func TestEval(t *testing.T) {
	tests := []struct {
		text, data string
		want       Result
	}{
		// What is not of the data.
		{`topic == "weather.us.ny"`, "", True},
		{`topic.startsWith("weather.eu")`, "", False},
		{`partition_key == "KNYC"`, "", True},
		{`id == "1:49590338271490256608559692538361571095921575989136588898:2"`, "", True},
		{`time > timestamp("2023-11-14T22:13:20Z")`, "", True},
		{`time.getHours() == 22 && time.getMilliseconds() == 123`, "", True},
		{`size == 5`, "hello", True},
		{`size == 0`, "", True},

		// What is.
		{`data.t > 90`, report, True},
		{`data.t > 90.5`, report, True},
		{`data.t > 92`, report, False},
		{`data.t == 91.4`, report, True},
		{`data["t"] > 90`, report, True},
		{`data.wind.speed >= 12 && data.wind.dir in ["N", "NW"]`, report, True},
		{`data.wind.gust == null`, report, True},
		{`data.ok`, report, True},
		{`!data.ok`, report, False},
		{`data.station`, report, False},
		{`data.station.matches("^K[A-Z]{3}$")`, report, True},
		{`data.station.contains("NY") && data.station.size() == 4`, report, True},
		{`timestamp(data.at) <= time`, report, True},
		{`data.t * 2.0 > 180.0`, report, True},
		{`int(data.t) % 2 == 1`, report, True},
		{`data.t in [91.4, 3.0]`, report, True},
		{`data.n in [1, 2]`, `{"n":2}`, True},
		{`data.lat - data.lon > 100.0`, report, True},
		{`type(data.t) == double && type(data.wind) == map && type(data.tags) == list`, report, True},

		// Objects and lists.
		{`has(data.t) && !has(data.x)`, report, True},
		{`has(data.wind.speed)`, report, True},
		{`"t" in data && !("x" in data)`, report, True},
		{`size(data.tags) == 2 && size(data.wind) == 3`, report, True},
		{`"coast" in data.tags`, report, True},
		{`data.tags[1] == "coast"`, report, True},
		{`data.tags[0] + data.tags[1] == "citycoast"`, report, True},
		{`data.tags == ["city", "coast"] && ["city", "coast"] == data.tags`, report, True},
		{`data.tags + ["x"] == ["city", "coast", "x"]`, report, True},
		{`data.wind == {"speed": 12.5, "dir": "NW", "gust": null}`, report, True},
		{`{"speed": 12.5, "dir": "NW", "gust": null} == data.wind`, report, True},
		{`data.readings.exists(r, r.k == "p" && r.v > 1000)`, report, True},
		{`data.readings.all(r, r.v > 1)`, report, False},
		{`data.readings.exists_one(r, r.k == "t")`, report, True},
		{`data.readings.filter(r, r.v > 1).size() == 2`, report, True},
		{`data.readings.map(r, r.v)[0] == data.t`, report, True},
		{`data.wind.exists(k, k == "dir")`, report, True},
		{`data.readings[0] == data.readings[0] && data.readings[0] != data.readings[1]`, report, True},
		{`data.x == data.y`, `{"x":{"a":[1,2]},"y":{"a":[1,2]}}`, True},
		{`data == 5`, "5", True},
		{`data[0] == "a"`, ` [ "a" ] `, True},
		{`data == "é"`, `"\u00e9"`, True},
		{`data["a\"b"] == 1`, `{"a\"b":1}`, True},

		// What has no result.
		{`data.t > 90`, "hello", None},
		{`data.t > 90`, "", None},
		{`data.t > 90`, report + "x", None},
		{`data.t > 90`, `{"t":"warm"}`, None},
		{`data.t > 90`, `{"t":null}`, None},
		{`data.t > 90`, `[91]`, None},
		{`data.t > 90`, `91`, None},
		{`data.x > 90`, report, None},
		{`!(data.x > 90)`, report, None},
		{`has(data.x.y)`, report, None},
		{`data.tags[2] == "x"`, report, None},
		{`data.tags[0.5] == "x"`, report, None},
		{`1 / (size - size) > 0`, report, None},
		{`timestamp(data.station) > time`, report, None},
		{`data.t < 1`, `{"t":1e999}`, None},
		{`data.t < 1`, `{"t":-1e999}`, None},
		{`data.s.matches("a")`, `{"s":"` + strings.Repeat("a", MaxRegexText+1) + `"}`, None},
		{`matches(data.s, "a")`, `{"s":"` + strings.Repeat("a", MaxRegexText+1) + `"}`, None},
		{`matches(data.s, "a+") && topic.matches("^weather[.]")`, `{"s":"` + strings.Repeat("a", MaxRegexText) + `"}`, True},
		{`data.s.matches("a")`, `{"s":3}`, None},

		// What absorbs it.
		{`size > 1 || data.t > 90`, "hello", True},
		{`data.x > 90 || data.t > 90`, report, True},
		{`data.x > 90 && data.t > 92`, report, False},
		{`data.readings.exists(r, r.x == 1 || r.k == "p")`, report, True},

		// What is defined here, for others read it otherwise.
		{`data.a == 2`, `{"a":1,"a":2}`, True},
		{`data.a == 9007199254740993.0`, `{"a":9007199254740992}`, True},
		{`data.a == "\ufffd"`, `{"a":"\ud800"}`, True},
		{`data.a == "x"`, "{\"a\":\"x\xff\"}", None},
		{`data.t < 1`, `{"t":1e-999}`, True},
		{`size > 0 && data != null`, strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth), True},
		{`data != null`, strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1), None},
		{`data != null`, strings.Repeat("[", 1<<19), None},
		{`size(data) > 0`, "[" + strings.Repeat("0,", MaxValues-2) + "0]", True},
		{`size(data) > 0`, "[" + strings.Repeat("0,", MaxValues) + "0]", None},
		{`data != null`, `"` + strings.Repeat("x", MaxData) + `"`, None},

		// What costs too much.
		{`data.exists(x, x == 1)`, "[" + strings.Repeat("0,", 5000) + "1]", TooCostly},
		{`data.exists(x, x == 1)`, "[" + strings.Repeat("0,", 100) + "1]", True},
		{`data.all(x, data.all(y, x == y))`, "[" + strings.Repeat("0,", 200) + "0]", TooCostly},
		{`1.0 in data`, "[" + strings.Repeat("0,", 20000) + "1]", TooCostly},
		{`data.a == data.b`, `{"a":[` + strings.Repeat("0,", 9000) + `0],"b":[` + strings.Repeat("0,", 9000) + `0]}`, TooCostly},
		{`data.a == "x"`, `{"a":"` + strings.Repeat("x", 1<<19) + `"}`, TooCostly},
		{`data.a.exists(s, data.b.contains(s + s))`, `{"a":[1],"b":"` + strings.Repeat("x", 1<<19) + `"}`, TooCostly},
	}
	var e Event
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			e.Reset(encoded(t, tt.data))
			f := compile(t, tt.text)
			for range 2 { // what the first took out is kept for the second
				if got := f.Eval(&e); got != tt.want {
					t.Errorf("%d of %.80q, want %d", got, tt.data, tt.want)
				}
			}
			if f.Match(&e) != (tt.want == True) {
				t.Error("Match and Eval disagree")
			}
		})
	}
}

// TestConcurrently: a filter is shared, by gateways' streams for one.
func TestConcurrently(t *testing.T) {
	f, raw := compile(t, `data.readings.exists(r, r.k == "p" && r.v > 1000) && topic.matches("ny$")`), encoded(t, report)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			var e Event
			for range 100 {
				e.Reset(raw)
				if !f.Match(&e) || !compile(t, `data.t > 90`).Match(&e) {
					t.Error("no match")
				}
			}
		})
	}
	wg.Wait()
}

func TestCompileRefuses(t *testing.T) {
	tests := []struct {
		name, text   string
		line, column int
		says         string
	}{
		{"empty", " \n", 0, 0, "must not be empty"},
		{"too long", strings.Repeat("a", MaxText+1), 0, 0, "is 4097 bytes long, at most 4096"},
		{"not UTF-8", "\xff", 0, 0, "UTF-8"},
		{"unknown name", `data.t > 90 && tpic == "a"`, 1, 16, "undeclared reference to 'tpic'"},
		{"second line", "data.t > 90 &&\n  tpic == 'a'", 2, 3, "undeclared reference to 'tpic'"},
		{"characters, not bytes", `topic == "é" && tpic == "a"`, 1, 17, "undeclared"},
		{"unknown function", `data.t.round() > 90`, 1, 13, "undeclared reference to 'round'"},
		{"types", `topic > 5`, 1, 7, "no matching overload for '>' applied to '(string, int)'"},
		{"unfinished", `data.t >`, 1, 9, "unexpected end"},
		{"spaces before", "\n  topic > 5", 2, 9, "no matching overload"},
		{"no expression", `data.t 90`, 1, 8, "Syntax error"},
		{"not a bool", `size + 1`, 0, 0, "is of type int"},
		{"string", `topic`, 0, 0, "is of type string"},
		{"long type", strings.Repeat("{1:", 50) + "1" + strings.Repeat("}", 50), 0, 0, "is of type map(int, map(int, map("},
		{"an int and a double", `data.t * 2 > 100.0`, 1, 8, "write 2.0 for 2"},
		{"modulo", `data.t % 2 == 0`, 1, 8, "int(data.x)"},
		{"time zone", `time.getHours("Europe/Berlin") > 8`, 1, 14, "UTC"},
		{"pattern of the data", `topic.matches(data.p)`, 1, 14, "must be written out"},
		{"invalid pattern", `topic.matches("(")`, 1, 14, "missing closing )"},
		{"large pattern", `topic.matches("(abc){100}")`, 1, 14, "steps, at most 128"},
		{"message", `google.protobuf.Struct{} == data`, 1, 23, "messages cannot be made"},
		{"timestamp", `time > timestamp("yesterday")`, 1, 18, "timestamp"},
		{"duration", `time - time > duration("1 day")`, 1, 24, "duration"},
		{"deep", strings.Repeat("(", 200) + "true" + strings.Repeat(")", 200), 0, 0, "recursion"},
		{"constant", `int("x") == size`, 0, 0, "conversion"},
		{"three loops", `data.all(x, x.all(y, y.all(z, z > 1)))`, 0, 0, "may cost"},
		{"regular expressions", strings.Repeat(`topic.matches("a") || `, 20) + "true", 0, 0, "may cost"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Compile(tt.text)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("Compile = %v, want an *Error", err)
			}
			if e.Line != tt.line || e.Column != tt.column || !strings.Contains(e.Reason, tt.says) {
				t.Errorf("got line %d, column %d, %q; want %d, %d and %q", e.Line, e.Column, e.Reason, tt.line, tt.column, tt.says)
			}
			if len(err.Error()) > maxReason+50 || strings.Contains(err.Error(), "\n") {
				t.Errorf("not fit for a customer: %q", err)
			}
		})
	}
}
