package weather

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestGenerator(t *testing.T) {
	t.Parallel()
	g := NewGenerator(7)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	stations := make(map[string]int64)
	states := make(map[string]bool)
	for range 50 * 200 {
		r := g.Next(now)
		stations[r.Station]++
		states[r.State] = true
		if r.Sequence != stations[r.Station] {
			t.Fatalf("report %d of %s has sequence %d", stations[r.Station], r.Station, r.Sequence)
		}
		if r.Temperature < -60 || r.Temperature > 130 || r.Humidity < 20 || r.Humidity > 95 || r.Pressure < 990 || r.Pressure > 1035 {
			t.Fatalf("unlikely weather: %+v", r)
		}
	}
	if len(stations) != 50 || len(states) != 50 {
		t.Errorf("%d stations in %d states, want 50 in 50", len(stations), len(states))
	}
	if stations["ny-new-york"] != 200 {
		t.Errorf("ny-new-york reported %d times, want 200", stations["ny-new-york"])
	}
	if diff := cmp.Diff(NewGenerator(7).Next(now), NewGenerator(7).Next(now)); diff != "" {
		t.Errorf("equal seeds differ:\n%s", diff)
	}
}
