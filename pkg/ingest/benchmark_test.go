package ingest

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/spillway/spillway/pkg/eventlog"
)

type countingLog struct{ events int }

func (l *countingLog) Append(_ context.Context, _ string, items []eventlog.Item) (eventlog.Appended, error) {
	l.events += len(items)
	return eventlog.Appended{Events: len(items)}, nil
}

func BenchmarkHandle(b *testing.B) {
	const n = 10_000
	states := []string{"az", "ca", "fl", "il", "in", "nc", "ny", "pa", "tx", "wa"}
	for _, route := range []string{"{partition_key}", "weather.us.{state}"} {
		b.Run(route, func(b *testing.B) {
			records := make([]events.KinesisEventRecord, n)
			var bytes int64
			for i := range records {
				state := states[i%len(states)]
				data := fmt.Sprintf(`{"station":"K%s","state":%q,"pad":"`, strings.ToUpper(state), state)
				data += strings.Repeat("x", 198-len(data)) + `"}`
				records[i] = record(fmt.Sprintf("49590338271490256608559692538361571095921575989136588%03d", i%1000), "K"+state, data)
				bytes += int64(len(data))
			}
			log := &countingLog{}
			h := newHandler(b, route, log, io.Discard, nil)
			b.SetBytes(bytes)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := h.Handle(b.Context(), events.KinesisEvent{Records: records}); err != nil {
					b.Fatal(err)
				}
			}
			if log.events < n {
				b.Fatalf("%d events", log.events)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
		})
	}
}
