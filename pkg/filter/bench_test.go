package filter

import (
	"encoding/json"
	"testing"

	"cel.dev/cel-go/common/types"
)

func BenchmarkCompile(b *testing.B) {
	compile(b, "true") // makes the language
	for _, text := range []string{`data.t > 90`, `data.readings.exists(r, r.k == "p" && r.v > 1000) && topic.startsWith("weather.us.")`} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				compile(b, text)
			}
		})
	}
}

// BenchmarkMatch: "first" is the first filter that looks at an event, and takes out of it
// what it needs; "other" is every other one.
func BenchmarkMatch(b *testing.B) {
	benchmarks := []struct{ name, text, data string }{
		{"compare", `data.t > 90`, report},
		{"equal", `data.state == "ny"`, report},
		{"two", `data.wind.speed > 10 && data.state == "ny"`, report},
		{"in", `data.station in ["KLGA", "KJFK", "KNYC"]`, report},
		{"regex", `data.station.matches("^K[A-Z]{3}$")`, report},
		{"topic", `topic == "weather.us.ny"`, report},
		{"missing", `data.x > 90`, report},
		{"text", `data.t > 90`, "it is warm"},
		{"exists", `data.readings.exists(r, r.k == "p" && r.v > 1000)`, report},
	}
	for _, bb := range benchmarks {
		f, raw := compile(b, bb.text), encoded(b, bb.data)
		var e Event
		b.Run(bb.name+"/first", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e.Reset(raw)
				f.Match(&e)
			}
		})
		b.Run(bb.name+"/other", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.Match(&e)
			}
		})
	}
}

// BenchmarkData compares ways to the data: see scanner.
func BenchmarkData(b *testing.B) {
	raw := encoded(b, report)
	b.Run("scan", func(b *testing.B) {
		var e Event
		b.ReportAllocs()
		for b.Loop() {
			e.Reset(raw)
			if _, ok := e.value(varData).(*object); !ok {
				b.Fatal("no object")
			}
		}
	})
	b.Run("member", func(b *testing.B) {
		var e Event
		e.Reset(raw)
		o, key := e.value(varData).(*object), types.String("t")
		b.ReportAllocs()
		for b.Loop() {
			e.spent = 0
			o.Find(key)
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var v any
			if err := json.Unmarshal([]byte(report), &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}
