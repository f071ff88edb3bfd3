package fanout

import (
	"context"
	"fmt"
	"testing"

	"github.com/spillway/spillway/pkg/event"
)

// TestRoundAllocations: what a round costs in garbage, from the page that was read to the
// batches that the subscribers get, is by entry and view, not by event. Lists of runs,
// which are by event where a view has every other event, double: that is one for twice as
// many events.
func TestRoundAllocations(t *testing.T) {
	const few, many, topics = 200, 1600, 3
	tests := []struct {
		name        string
		subscribers int
		patterns    []string // one view each
		doublings   float64  // lists that double in a round
	}{
		{"one subscriber of all", 1, []string{">"}, 0},
		{"many subscribers of all", 2 * joinFor, []string{">"}, 0},
		{"one subscriber of some", 1, []string{"weather.us.1"}, 1},
		{"many subscribers of some", 2 * joinFor, []string{"weather.us.1"}, 1},
		{"many subscribers of several views", 2 * joinFor, []string{">", "weather.us.1", "weather.*.*"}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newMemLog(1)
			h := newHub(t, l, Config{})
			var subs []*Subscription
			for i := range tt.subscribers * len(tt.patterns) {
				subs = append(subs, subscribe(t, h, Start{}, tt.patterns[i%len(tt.patterns)]))
			}
			round := func(data []byte) float64 {
				return testing.AllocsPerRun(30, func() {
					l.appendRaw(0, data)
					h.round(context.Background(), true)
					for _, s := range subs {
						b, _, err := s.Next(context.Background(), len(data)+1)
						if err != nil || b.Count == 0 || !s.Live() {
							t.Fatalf("%d events, %v, live %t", b.Count, err, s.Live())
						}
					}
				})
			}
			var data [2][]byte
			for i, events := range []int{few, many} {
				for n := range events {
					data[i] = event.Append(data[i], &event.Event{Topic: fmt.Sprint("weather.us.", n%topics), SequenceNumber: "1", Data: make([]byte, benchBytes)})
				}
			}
			less, more := round(data[0]), round(data[1])
			const doubled = 3 // times, from few to many
			const noise = 10  // the detector of races empties pools now and then
			if most := less + noise + doubled*tt.doublings; more > most {
				t.Errorf("%v allocations for %d events and %v for %d, want at most %v", less, few, more, many, most)
			}
		})
	}
}
