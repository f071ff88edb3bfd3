package gateway

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/fanout"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// TestFrame: what a frame sends is what the generated code would.
func TestFrame(t *testing.T) {
	var run []byte
	want := &spillwayv1.EventBatch{}
	for _, name := range []string{"a", "b"} {
		run = event.Append(run, &event.Event{Shard: "shardId-000000000000", SequenceNumber: "7", Topic: name, Arrival: time.Unix(1, 0)})
	}
	if err := proto.Unmarshal(run, want); err != nil {
		t.Fatal(err)
	}
	for _, base := range [][]byte{[]byte("base"), nil} {
		b := &fanout.Batch{Events: [][]byte{run[:len(run)/2], run[len(run)/2:]}, Size: len(run), Mark: fanout.RawMark(nil, []byte("step"))}
		bufs, err := newCodec().Marshal(newFrame(b, base))
		if err != nil {
			t.Fatal(err)
		}
		var got spillwayv1.SubscribeResponse
		if err := proto.Unmarshal(bufs.Materialize(), &got); err != nil {
			t.Fatal(err)
		}
		cursor := &spillwayv1.Cursor{Step: []byte("step")}
		cursor.Base = base
		full := &spillwayv1.SubscribeResponse{Cursor: cursor, Response: &spillwayv1.SubscribeResponse_Events{Events: want}}
		if diff := cmp.Diff(full, &got, protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	}
}

// TestEmptyStepIsPresent: a step that is empty still replaces the one before it.
func TestEmptyStepIsPresent(t *testing.T) {
	b := &fanout.Batch{Mark: fanout.RawMark(nil, nil)}
	bufs, err := newCodec().Marshal(newFrame(b, []byte("base")))
	if err != nil {
		t.Fatal(err)
	}
	var got spillwayv1.SubscribeResponse
	if err := proto.Unmarshal(bufs.Materialize(), &got); err != nil {
		t.Fatal(err)
	}
	cursor := &spillwayv1.Cursor{Base: []byte("old"), Step: []byte("old step")}
	proto.Merge(cursor, got.Cursor)
	if string(cursor.Base) != "base" || len(cursor.Step) != 0 {
		t.Errorf("merged %v", cursor)
	}
}

func BenchmarkFrame(b *testing.B) {
	run := event.Append(nil, &event.Event{Shard: "shardId-000000000000", SequenceNumber: "7", Topic: "weather.us.ny", Data: make([]byte, 200)})
	batch := &fanout.Batch{Events: [][]byte{run}, Size: len(run), Mark: fanout.RawMark(make([]byte, 120), make([]byte, 7))}
	c := newCodec()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Marshal(newFrame(batch, nil)); err != nil {
			b.Fatal(err)
		}
	}
}
