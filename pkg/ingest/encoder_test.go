package ingest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/eventlog"
)

// TestEncoderKeepsTheRecordsKey: what Lambda orders by is the key of the record, not
// those of the user records in it.
func TestEncoderKeepsTheRecordsKey(t *testing.T) {
	t.Parallel()
	route, err := ParseRoute("{partition_key}")
	if err != nil {
		t.Fatal(err)
	}
	enc := NewEncoder(route, "weather", "shardId-000000000007")
	enc.Add(KinesisRecord{SequenceNumber: "10", PartitionKey: "outer", Data: aggregated(userRecord{"x.1", []byte("u")}, userRecord{"x.2", []byte("v")})})
	enc.Add(KinesisRecord{SequenceNumber: "11", PartitionKey: "y", Arrival: time.UnixMilli(1), Data: []byte("w")})
	if got := enc.Source(); got != "weather/shardId-000000000007" {
		t.Errorf("source %s", got)
	}
	var got []eventlog.Item
	size := 0
	for _, it := range enc.Items() {
		size += len(it.Bytes)
		it.Bytes = nil
		got = append(got, it)
	}
	want := []eventlog.Item{
		{Topic: "x.1", Key: "outer", Sequence: "10"}, {Topic: "x.2", Key: "outer", Sequence: "10"}, {Topic: "y", Key: "y", Sequence: "11"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if size != enc.Size() || size == 0 {
		t.Errorf("size %d, want %d", enc.Size(), size)
	}
	if enc.Reset(); len(enc.Items()) != 0 || enc.Size() != 0 {
		t.Error("something is left after Reset")
	}
}

// TestEncoderRoundsTimes: a time that came as a float of seconds is the millisecond
// that Kinesis meant, however it was read.
func TestEncoderRoundsTimes(t *testing.T) {
	t.Parallel()
	route, err := ParseRoute("t")
	if err != nil {
		t.Fatal(err)
	}
	exact := time.UnixMilli(1_700_000_000_123)
	encoded := func(arrival time.Time) string {
		enc := NewEncoder(route, "s", "shardId-000000000000")
		enc.Add(KinesisRecord{SequenceNumber: "1", PartitionKey: "k", Arrival: arrival})
		return string(enc.Items()[0].Bytes)
	}
	for _, off := range []time.Duration{-200, -1, 1, 200} {
		if encoded(exact.Add(off)) != encoded(exact) {
			t.Errorf("%s beside the millisecond makes other bytes", off)
		}
	}
}
