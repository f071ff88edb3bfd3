package fanout

import (
	"fmt"
	"testing"

	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
)

// BenchmarkMatchTopics matches entries of a hundred events, each of the next topic, with
// views of a topic each and one of all. What an event costs should depend on neither how
// many topics there are nor how many views.
func BenchmarkMatchTopics(b *testing.B) {
	const perEntry, warmed = 100, 10 // what is remembered of a thousand topics is no matter
	for _, topics := range []int{1, 1000, 1_000_000} {
		var entries []eventlog.Entry
		for n := 0; n < max(topics, perEntry); n += perEntry {
			e := eventlog.Entry{ID: eventlog.ID{MS: uint64(n) + 1}}
			for i := range perEntry {
				e.Data = event.Append(e.Data, &event.Event{Topic: fmt.Sprint("weather.us.", (n+i)%topics), SequenceNumber: "1"})
			}
			entries = append(entries, e)
		}
		for _, views := range []int{1, 100, 10_000} {
			b.Run(fmt.Sprintf("topics=%d/views=%d", topics, views), func(b *testing.B) {
				h := newHub(b, newMemLog(1), Config{})
				subscribe(b, h, Start{}, "weather.us.*")
				for i := range views - 1 {
					subscribe(b, h, Start{}, fmt.Sprint("weather.us.", i))
				}
				match := func(e eventlog.Entry) {
					touched, ok := h.match(0, e)
					if !ok || len(touched) == 0 {
						b.Fatal("no match")
					}
					for _, v := range touched {
						v.pending = nil
					}
				}
				for _, e := range entries[:min(len(entries), warmed)] {
					match(e)
				}
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					match(entries[i%len(entries)])
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/perEntry, "ns/event")
			})
		}
	}
}
