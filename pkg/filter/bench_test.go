package filter

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"cel.dev/cel-go/common/types"

	"github.com/spillway/spillway/pkg/event"
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

// reports returns events of many stations, of some 200 bytes of data, or of size. A
// single event would not do: the processor learns it by heart, and guesses each branch.
func reports(tb testing.TB, size int) []event.Raw {
	cities := []string{"albany", "new-york", "boise", "salt-lake-city", "honolulu", "st-paul", "cheyenne", "des-moines"}
	skies := []string{"clear", "cloudy", "rain", "snow"}
	r := rand.New(rand.NewPCG(1, 2))
	raws := make([]event.Raw, 512)
	for i := range raws {
		city := cities[r.IntN(len(cities))]
		data := fmt.Sprintf(`{"station":"ny-%s","state":"ny","city":%q,"sequence":%d,"observed_at":"2023-11-14T22:13:20.%03dZ",`+
			`"t":%.1f,"humidity":%d,"pressure":%.1f,"wind":{"speed":%.1f,"gust":null},"sky":%q`,
			city, city, r.IntN(100_000), r.IntN(1000), 60+20*r.NormFloat64(), r.IntN(101), 1013+10*r.NormFloat64(), 10*r.ExpFloat64(), skies[r.IntN(len(skies))])
		if size > 0 {
			data += `,"readings":[`
			for len(data) < size {
				data += fmt.Sprintf(`{"k":%q,"v":%.2f,"ok":true},`, skies[r.IntN(len(skies))], 50*r.NormFloat64())
			}
			data = strings.TrimSuffix(data, ",") + "]"
		}
		raws[i] = encoded(tb, data+"}")
	}
	return raws
}

// BenchmarkFilter: "first" is the first filter that looks at an event, and takes out of
// it what it needs; "further" is every other one, and all that have no other name are
// first ones.
func BenchmarkFilter(b *testing.B) {
	const in = `data.city in ["albany", "new-york", "utica"]`
	small, large := reports(b, 0), reports(b, 10_000)
	benchmarks := []struct {
		name, text string
		raws       []event.Raw
		further    bool
	}{
		{"first", `data.t > 90`, small, false},
		{"further", `data.t > 90`, small, true},
		{"missing_field", `data.x > 90`, small, false},
		{"string_equal", `data.city == "albany"`, small, false},
		{"and_of_3", `data.t > 50 && data.wind.speed > 1 && data.state == "ny"`, small, false},
		{"and_of_3_further", `data.t > 50 && data.wind.speed > 1 && data.state == "ny"`, small, true},
		{"in", in, small, false},
		{"in_further", in, small, true},
		{"topic", `topic == "weather.us.ny"`, small, false},
		{"regex", `data.station.matches("^ny-[a-z]+$")`, small, false},
		{"regex_further", `data.station.matches("^ny-[a-z]+$")`, small, true},
		{"text", `data.t > 90`, []event.Raw{encoded(b, "it is warm")}, false},
		{"10KB_first", `data.t > 90`, large, false},
		{"10KB_further", `data.t > 90`, large, true},
		{"10KB_exists", `data.readings.exists(r, r.k == "hail")`, large, false},
		{"10KB_exists_further", `data.readings.exists(r, r.k == "hail")`, large, true},
	}
	for _, bb := range benchmarks {
		f := compile(b, bb.text)
		b.Run(bb.name, func(b *testing.B) {
			events := make([]Event, len(bb.raws))
			for i, raw := range bb.raws {
				events[i].Reset(raw)
				f.Match(&events[i])
			}
			const inARow = 64 // further filters look at an event that is still at hand
			var e Event
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if bb.further {
					f.Match(&events[i/inARow%len(events)])
				} else {
					e.Reset(bb.raws[i%len(events)])
					f.Match(&e)
				}
			}
		})
	}
}

// BenchmarkData compares ways to the data: see scanner.
func BenchmarkData(b *testing.B) {
	raws := reports(b, 0)
	b.Run("scan", func(b *testing.B) {
		var e Event
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			e.Reset(raws[i%len(raws)])
			if _, ok := e.value(varData).(*object); !ok {
				b.Fatal("no object")
			}
		}
	})
	b.Run("fields", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := raws[i%len(raws)].Fields(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("member", func(b *testing.B) {
		var e Event
		e.Reset(raws[0])
		o, key := e.value(varData).(*object), types.String("t")
		b.ReportAllocs()
		for b.Loop() {
			e.spent = 0
			o.Find(key)
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		var data [][]byte
		for _, raw := range raws {
			fields, err := raw.Fields()
			if err != nil {
				b.Fatal(err)
			}
			data = append(data, fields.Data)
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			var v any
			if err := json.Unmarshal(data[i%len(data)], &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}
