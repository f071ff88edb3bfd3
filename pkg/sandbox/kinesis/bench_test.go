package kinesis_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

const (
	benchRecords = 500
	benchBytes   = 200
)

// benchWorld is a world whose memory a benchmark does not fill: the records expire as the clock moves.
func benchWorld(b *testing.B) *world {
	w := newWorld(b, func(c *kinesis.Config) { c.MaxBytes = 1 << 30 })
	w.create(b, "s", 4)
	return w
}

func BenchmarkPutRecordsHTTP(b *testing.B) {
	w := benchWorld(b)
	var body strings.Builder
	data := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("x"), benchBytes))
	for i := range benchRecords {
		fmt.Fprintf(&body, `,{"Data":"%s","PartitionKey":"station-%d"}`, data, i)
	}
	request := `{"StreamName":"s","Records":[` + body.String()[1:] + `]}`
	b.SetBytes(benchRecords * benchBytes)
	b.ReportAllocs()
	for b.Loop() {
		if a := w.send(b, "PutRecords", request, nil); a.status != http.StatusOK {
			b.Fatal(a.body)
		}
		w.clock.advance(time.Minute)
	}
	b.ReportMetric(float64(b.N)*benchRecords/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkPutRecordsTyped(b *testing.B) {
	w := benchWorld(b)
	in := kinesis.PutRecordsInput{StreamName: "s"}
	for i := range benchRecords {
		in.Records = append(in.Records, kinesis.PutRecordsEntry{Data: make([]byte, benchBytes), PartitionKey: fmt.Sprint("station-", i)})
	}
	b.SetBytes(benchRecords * benchBytes)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.PutRecords(b.Context(), in); err != nil {
			b.Fatal(err)
		}
		w.clock.advance(time.Minute)
	}
	b.ReportMetric(float64(b.N)*benchRecords/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkGetRecordsHTTP(b *testing.B) {
	w := newWorld(b, nil)
	w.create(b, "s", 1)
	for range 10 {
		in := kinesis.PutRecordsInput{StreamName: "s"}
		for i := range benchRecords {
			in.Records = append(in.Records, kinesis.PutRecordsEntry{Data: make([]byte, benchBytes), PartitionKey: fmt.Sprint("station-", i)})
		}
		if _, err := w.PutRecords(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
	iter := w.iterator(b, kinesis.GetShardIteratorInput{StreamName: "s", ShardId: "0", ShardIteratorType: "TRIM_HORIZON"})
	request := `{"ShardIterator":"` + iter + `"}`
	const records = 10 * benchRecords
	b.SetBytes(records * benchBytes)
	b.ReportAllocs()
	for b.Loop() {
		if a := w.send(b, "GetRecords", request, nil); a.status != http.StatusOK {
			b.Fatal(a.body)
		}
	}
	b.ReportMetric(float64(b.N)*records/b.Elapsed().Seconds(), "records/s")
}
