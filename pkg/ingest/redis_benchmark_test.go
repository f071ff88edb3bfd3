package ingest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/eventlog/redistest"
)

// BenchmarkIntoRedis takes an invocation of 10,000 records of 200 bytes to a redis-server:
// by the handler and the log, and by what a simple consumer does, which reads the
// invocation with encoding/json and publishes every record. cpu-ns/record is what this
// process takes of processors. The log is small, so that Redis does not grow.
func BenchmarkIntoRedis(b *testing.B) {
	const n = 10_000
	r := redistest.Server(b)
	client := r.Client(b)
	sequence := 0
	next := func() []byte {
		var ev events.KinesisEvent
		for range n {
			sequence++
			data := fmt.Sprintf(`{"station":"K%03d","state":"s%d","pad":"`, sequence%500, sequence%50)
			rec := record(fmt.Sprintf("495903382714902566085596925383615710959215%014d", sequence), data+strings.Repeat("x", 198-len(data))+`"}`)
			rec.Kinesis.PartitionKey = fmt.Sprintf("K%03d", sequence%500)
			ev.Records = append(ev.Records, rec)
		}
		payload, err := json.Marshal(ev)
		if err != nil {
			b.Fatal(err)
		}
		return payload
	}
	run := func(b *testing.B, take func(payload []byte) error) {
		var cpu time.Duration
		b.ReportAllocs()
		for b.Loop() {
			b.StopTimer()
			payload := next()
			b.StartTimer()
			start := cpuTime(b)
			if err := take(payload); err != nil {
				b.Fatal(err)
			}
			cpu += cpuTime(b) - start
		}
		b.ReportMetric(float64(cpu.Nanoseconds())/float64(b.N)/n, "cpu-ns/record")
	}
	b.Run("consumer=handler", func(b *testing.B) {
		log, err := eventlog.Open(eventlog.Config{URL: r.URL, Lanes: lanes, Budget: 32 * eventlog.MinBudget})
		if err != nil {
			b.Fatal(err)
		}
		defer log.Close()
		h := handler(b, log)
		run(b, func(payload []byte) error {
			got, err := h.Invoke(b.Context(), payload)
			if err == nil && string(got) != `{"batchItemFailures":null}` {
				err = fmt.Errorf("answer %s", got)
			}
			return err
		})
	})
	b.Run("consumer=sample", func(b *testing.B) {
		run(b, func(payload []byte) error {
			var ev events.KinesisEvent
			if err := json.Unmarshal(payload, &ev); err != nil {
				return err
			}
			for _, rec := range ev.Records {
				if err := client.Publish(b.Context(), "weather."+rec.Kinesis.PartitionKey, rec.Kinesis.Data).Err(); err != nil {
					return err
				}
			}
			return nil
		})
	})
	b.Run("consumer=pipelined-sample", func(b *testing.B) {
		run(b, func(payload []byte) error {
			var ev events.KinesisEvent
			if err := json.Unmarshal(payload, &ev); err != nil {
				return err
			}
			pipe := client.Pipeline()
			for _, rec := range ev.Records {
				pipe.Publish(b.Context(), "weather."+rec.Kinesis.PartitionKey, rec.Kinesis.Data)
			}
			_, err := pipe.Exec(b.Context())
			return err
		})
	})
}

// cpuTime is what the process has taken of processors.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
