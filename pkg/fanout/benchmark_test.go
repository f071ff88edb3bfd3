package fanout

import (
	"context"
	"fmt"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/eventlog/redistest"
)

const (
	// benchTopics spread over the lanes, benchAppend is how many events are appended at
	// once, benchEvents are in the log.
	benchTopics, benchAppend, benchEvents = 16, 500, 50_000
	benchBytes                            = 200
	benchResponse                         = 64 << 10 // the gateway's default
)

// benchItems makes so many events of 200 bytes, each of the next topic.
func benchItems(first, count int) []eventlog.Item {
	var all []eventlog.Item
	for n := first; n < first+count; n++ {
		e := event.Event{Shard: "0", SequenceNumber: strconv.Itoa(n + 1), Topic: fmt.Sprint("weather.us.", n%benchTopics),
			PartitionKey: "station", Data: make([]byte, benchBytes)}
		all = append(all, eventlog.Item{Topic: e.Topic, Key: e.PartitionKey, Sequence: e.SequenceNumber, Bytes: event.Append(nil, &e)})
	}
	return all
}

// benchMemory is a log in memory with benchEvents events.
func benchMemory(lanes int) *memLog {
	l := newMemLog(lanes)
	for n := 0; n < benchEvents; n += benchAppend {
		data := make([][]byte, lanes)
		for _, it := range benchItems(n, benchAppend) {
			lane := eventlog.LaneOf(it.Topic, lanes)
			data[lane] = append(data[lane], it.Bytes...)
		}
		for lane, d := range data {
			if len(d) > 0 {
				l.add(lane, d, false)
			}
		}
	}
	return l
}

// benchRedis is the same in a redis-server.
func benchRedis(b *testing.B, lanes int) *eventlog.Log {
	b.Helper()
	l, err := eventlog.Open(eventlog.Config{URL: redistest.Server(b).URL, Lanes: lanes})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	for n := 0; n < benchEvents; n += benchAppend {
		if _, err := l.Append(b.Context(), "0", benchItems(n, benchAppend)); err != nil {
			b.Fatal(err)
		}
	}
	return l
}

// BenchmarkReplay has one subscriber read all that the log has; an op is an event.
func BenchmarkReplay(b *testing.B) {
	for _, lanes := range []int{1, 16} {
		memory := func(*testing.B) Log { return benchMemory(lanes) }
		redis := func(b *testing.B) Log { return benchRedis(b, lanes) }
		for _, bm := range []struct {
			log     string
			pattern string
			make    func(*testing.B) Log
		}{
			{"memory", ">", memory}, {"memory", "weather.us.*", memory}, {"memory", "weather.us.3", memory},
			{"redis", ">", redis}, {"redis", "weather.us.*", redis},
		} {
			b.Run(fmt.Sprintf("log=%s/lanes=%d/pattern=%s", bm.log, lanes, bm.pattern), func(b *testing.B) {
				h := NewHub(bm.make(b), Config{Sealer: testSealer})
				if err := h.check(b.Context()); err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				b.ResetTimer()
				began := cpuTime(b)
				for n := 0; n < b.N; {
					n += replayAll(b, h, bm.pattern)
				}
				b.ReportMetric(float64(cpuTime(b)-began)/float64(b.N), "cpu-ns/op")
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}

// cpuTime is the CPU that the process has used: what tells on a machine that does other
// things, too.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// replayAll reads all that a log has, and tells how many events it was.
func replayAll(b *testing.B, h *Hub, pattern string) (events int) {
	b.Helper()
	s := subscribe(b, h, Start{Earliest: true}, pattern)
	defer s.Close()
	for !s.Live() {
		batch, _, err := s.Next(context.Background(), benchResponse)
		if err != nil {
			b.Fatal(err)
		}
		events += batch.Count
	}
	return events
}
