package ingest

import (
	"context"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

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
		b.Run("route="+route, func(b *testing.B) {
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
			invocation := payload(b, records...)
			b.SetBytes(bytes)
			b.ReportAllocs()
			start := cpuTime(b)
			for b.Loop() {
				if _, err := h.Invoke(b.Context(), invocation); err != nil {
					b.Fatal(err)
				}
			}
			if log.events < n {
				b.Fatalf("%d events", log.events)
			}
			b.ReportMetric(float64((cpuTime(b)-start).Nanoseconds())/float64(b.N)/n, "cpu-ns/record")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
		})
	}
}

// cpuTime is what the process has taken of processors, the garbage collector's part
// included: on a machine with other things to do it says more than the wall does.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
