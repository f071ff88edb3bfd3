package weather

import (
	"math"
	"math/rand/v2"
	"time"
)

// Report is one reading of a station.
type Report struct {
	Station     string    `json:"station"` // state and city, such as ny-new-york
	State       string    `json:"state"`   // two letters, lower case
	City        string    `json:"city"`
	Sequence    int64     `json:"sequence"` // counts the station's reports from 1
	ObservedAt  time.Time `json:"observed_at"`
	Temperature float64   `json:"temperature_f"`
	Humidity    int       `json:"humidity_pct"`
	Wind        float64   `json:"wind_mph"`
	Pressure    float64   `json:"pressure_hpa"`
	Conditions  string    `json:"conditions"`
}

// Generator makes reports.
type Generator struct {
	rand     *rand.Rand
	stations []station
	next     int
}

// station is a place and how far its weather is from the usual.
type station struct {
	place
	name     string
	sequence int64
	drift    float64 // degrees Fahrenheit
	moisture float64 // 0 to 1
}

// NewGenerator returns a Generator of one station per state. Equal seeds make
// equal figures.
func NewGenerator(seed uint64) *Generator {
	g := &Generator{rand: rand.New(rand.NewPCG(seed, 0))}
	for _, p := range places() {
		g.stations = append(g.stations, station{place: p, name: p.state + "-" + dashed(p.city), moisture: g.rand.Float64()})
	}
	return g
}

// Next returns the next station's report, observed at now.
func (g *Generator) Next(now time.Time) Report {
	s := &g.stations[g.next]
	g.next = (g.next + 1) % len(g.stations)
	s.sequence++
	// A walk that is pulled back to the mean, so that it goes on for ever.
	s.drift = 0.98*s.drift + g.rand.NormFloat64()
	s.moisture = min(max(s.moisture+0.05*g.rand.NormFloat64(), 0), 1)
	temperature := s.mean + s.drift
	return Report{
		Station: s.name, State: s.state, City: s.city, Sequence: s.sequence, ObservedAt: now.UTC().Truncate(time.Millisecond),
		Temperature: tenths(temperature), Humidity: 20 + int(75*s.moisture), Wind: tenths(math.Abs(6 * g.rand.NormFloat64())),
		Pressure: tenths(1013 + 12*(0.5-s.moisture) + g.rand.NormFloat64()), Conditions: conditions(s.moisture, temperature),
	}
}

func tenths(f float64) float64 { return math.Round(f*10) / 10 }

func conditions(moisture, fahrenheit float64) string {
	switch {
	case moisture > 0.85 && fahrenheit < 32:
		return "snow"
	case moisture > 0.85:
		return "rain"
	case moisture > 0.5:
		return "cloudy"
	}
	return "clear"
}

// dashed spells a city's name in lower case, with dashes for blanks.
func dashed(city string) string {
	b := []byte(city)
	for i, c := range b {
		switch {
		case c == ' ':
			b[i] = '-'
		case c >= 'A' && c <= 'Z':
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
