package event

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

func generated(e *Event) *spillwayv1.Event {
	return &spillwayv1.Event{Id: e.ID(), Topic: e.Topic, PartitionKey: e.PartitionKey,
		ApproximateArrivalTime: timestamppb.New(e.Arrival), Data: e.Data}
}

// TestAppendIsTheGeneratedEncoding: a concatenation of appended events is byte
// for byte what the generated code makes of the batch.
func TestAppendIsTheGeneratedEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var got []byte
		want := &spillwayv1.EventBatch{}
		for range rapid.IntRange(0, 4).Draw(t, "events") {
			e := &Event{
				Shard:          rapid.SampledFrom([]string{"shardId-000000000000", "shardId-000000000170", "odd"}).Draw(t, "shard"),
				SequenceNumber: rapid.StringMatching(`[1-9][0-9]{0,55}`).Draw(t, "seq"),
				SubSequence:    rapid.IntRange(0, 9999).Draw(t, "sub"),
				Topic:          rapid.StringMatching(`[a-z.]{0,300}`).Draw(t, "topic"),
				PartitionKey:   rapid.String().Draw(t, "key"),
				Arrival:        time.UnixMilli(rapid.Int64Range(-1, 4e12).Draw(t, "arrival")),
				Data:           rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "data"),
			}
			got = Append(got, e)
			want.Events = append(want.Events, generated(e))
		}
		enc, err := proto.MarshalOptions{Deterministic: true}.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, enc) {
			t.Fatalf("Append made\n%x, the generated code\n%x", got, enc)
		}
	})
}

func TestID(t *testing.T) {
	tests := []struct{ shard, want string }{
		{"shardId-000000000000", "0:4959:7"},
		{"shardId-000000000120", "120:4959:7"},
		{"other", "other:4959:7"},
		{"", ":4959:7"},
	}
	for _, tt := range tests {
		e := Event{Shard: tt.shard, SequenceNumber: "4959", SubSequence: 7}
		if got := e.ID(); got != tt.want {
			t.Errorf("ID of shard %q = %q, want %q", tt.shard, got, tt.want)
		}
	}
}

func TestNext(t *testing.T) {
	var buf []byte
	topics := []string{"weather.us.ny", "weather.us.pa", strings.Repeat("a", 200)}
	for _, name := range topics {
		buf = Append(buf, &Event{Shard: "shardId-000000000000", SequenceNumber: "1", Topic: name, Data: []byte("x")})
	}
	var got []string
	var joined []byte
	for rest := buf; len(rest) > 0; {
		raw, more, err := Next(rest)
		if err != nil {
			t.Fatal(err)
		}
		got, joined, rest = append(got, string(raw.Topic)), append(joined, raw.Bytes...), more
	}
	if diff := cmp.Diff(topics, got); diff != "" {
		t.Error(diff)
	}
	if !bytes.Equal(joined, buf) {
		t.Error("the elements do not add up to the whole")
	}
	for cut := 1; cut < 10; cut++ {
		if _, _, err := Next(buf[:cut]); err == nil {
			t.Errorf("Next of %d bytes of an event: no error", cut)
		}
	}
}

// FuzzNext: whatever Next accepts, the generated code accepts too, with the same
// topic.
func FuzzNext(f *testing.F) {
	f.Add(Append(nil, &Event{Shard: "shardId-000000000001", SequenceNumber: "2", Topic: "a.b", PartitionKey: "k", Arrival: time.UnixMilli(1), Data: []byte("d")}))
	f.Add([]byte{0x0a, 0x00})
	f.Add([]byte{0x0a, 0x02, 0x12, 0x7f})
	f.Fuzz(func(t *testing.T, b []byte) {
		raw, rest, err := Next(b)
		if err != nil {
			return
		}
		if len(raw.Bytes)+len(rest) != len(b) || len(raw.Bytes) == 0 {
			t.Fatalf("%d + %d bytes of %d", len(raw.Bytes), len(rest), len(b))
		}
		var batch spillwayv1.EventBatch
		if proto.Unmarshal(raw.Bytes, &batch) != nil {
			return
		}
		if len(batch.Events) != 1 {
			t.Fatalf("one element decodes as %d events", len(batch.Events))
		}
		fields, err := raw.Fields()
		if e := batch.Events[0]; err != nil || string(fields.ID) != e.Id || string(fields.PartitionKey) != e.PartitionKey || !bytes.Equal(fields.Data, e.Data) {
			t.Errorf("Fields = %v, %v; the generated code decodes %v", fields, err, e)
		}
		fields.Arrival()
	})
}

// TestFields: they are what the generated code decodes.
func TestFields(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := &Event{Shard: "shardId-000000000002", SequenceNumber: rapid.StringMatching(`[0-9]{0,56}`).Draw(t, "seq"), Topic: "a",
			PartitionKey: rapid.String().Draw(t, "key"), Arrival: time.UnixMilli(rapid.Int64Range(-1e6, 4e12).Draw(t, "arrival")),
			Data: rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "data")}
		raw, _, err := Next(Append(nil, e))
		if err != nil {
			t.Fatal(err)
		}
		f, err := raw.Fields()
		if err != nil {
			t.Fatal(err)
		}
		got := &spillwayv1.Event{Id: string(f.ID), Topic: string(raw.Topic), PartitionKey: string(f.PartitionKey),
			ApproximateArrivalTime: timestamppb.New(f.Arrival()), Data: f.Data}
		if diff := cmp.Diff(generated(e), got, protocmp.Transform()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestReadingAllocatesNothing(t *testing.T) {
	e := &Event{Shard: "shardId-000000000001", SequenceNumber: "2", Topic: "a.b", PartitionKey: "k", Arrival: time.UnixMilli(1), Data: []byte("d")}
	two := Append(Append(nil, e), e)
	if n := testing.AllocsPerRun(100, func() {
		for rest := two; len(rest) > 0; {
			raw, more, err := Next(rest)
			if err != nil {
				t.Fatal(err)
			}
			if f, err := raw.Fields(); err != nil || f.Arrival().IsZero() {
				t.Error("its fields cannot be read")
			}
			rest = more
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestDecodes(t *testing.T) {
	e := &Event{Shard: "shardId-000000000002", SequenceNumber: "49", SubSequence: 1, Topic: "a.b", PartitionKey: "k", Arrival: time.UnixMilli(1700000000123), Data: []byte("d")}
	var batch spillwayv1.EventBatch
	if err := proto.Unmarshal(Append(nil, e), &batch); err != nil {
		t.Fatal(err)
	}
	want := &spillwayv1.EventBatch{Events: []*spillwayv1.Event{generated(e)}}
	if diff := cmp.Diff(want, &batch, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkAppend(b *testing.B) {
	e := &Event{Shard: "shardId-000000000000", SequenceNumber: strings.Repeat("4", 56), Topic: "weather.us.ny", PartitionKey: "KNYC", Arrival: time.Now(), Data: make([]byte, 200)}
	buf := make([]byte, 0, 1<<10)
	b.ReportAllocs()
	for b.Loop() {
		buf = Append(buf[:0], e)
	}
}

func BenchmarkNext(b *testing.B) {
	buf := Append(nil, &Event{Shard: "shardId-000000000000", SequenceNumber: strings.Repeat("4", 56), Topic: "weather.us.ny", PartitionKey: "KNYC", Arrival: time.Now(), Data: make([]byte, 200)})
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Next(buf); err != nil {
			b.Fatal(err)
		}
	}
}
