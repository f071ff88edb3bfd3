package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/spillway/spillway/pkg/event"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// responseOf makes a response of the events with these indexes among what a maker makes.
func responseOf(t *testing.T, at time.Time, indexes ...int) []byte {
	t.Helper()
	m := newMaker(3, 100)
	made := make([]*event.Event, 10)
	for i := range made {
		made[i] = m.next(at)
	}
	batch := &spillwayv1.EventBatch{}
	for _, i := range indexes {
		batch.Events = append(batch.Events, protoEvent(made[i]))
	}
	text, err := proto.Marshal(&spillwayv1.SubscribeResponse{
		Cursor: &spillwayv1.Cursor{Step: []byte("x")}, Response: &spillwayv1.SubscribeResponse_Events{Events: batch},
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTally(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_700_000_000, 123_456_789)
	tests := []struct {
		name    string
		ordered bool
		indexes []int
		want    counts
	}{
		{"all", true, []int{0, 1, 2, 3, 4, 5}, counts{Events: 6}},
		{"from later on", true, []int{6, 7, 8, 9}, counts{Events: 4}},
		{"lost", true, []int{0, 1, 2, 4, 5, 9}, counts{Events: 6, Lost: 2}}, // 3 and 6, of one series
		{"repeated", true, []int{0, 1, 2, 0, 3}, counts{Events: 5, Repeated: 1}},
		{"in no order", false, []int{9, 0, 0}, counts{Events: 3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tl := tally{ordered: tt.ordered}
			msg := responseOf(t, at, tt.indexes...)
			if err := tl.response(msg, func(nanos int64) {
				if nanos != at.UnixNano() {
					t.Errorf("made at %d, want %d", nanos, at.UnixNano())
				}
			}); err != nil {
				t.Fatal(err)
			}
			tt.want.Messages, tt.want.Bytes = 1, int64(len(msg))
			if diff := cmp.Diff(tt.want, tl.counts); diff != "" {
				t.Error(diff)
			}
			if err := tl.check(); (err == nil) != (tt.want.Lost+tt.want.Repeated == 0) {
				t.Errorf("check says %v", err)
			}
		})
	}
}

func TestTallyOthers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		resp *spillwayv1.SubscribeResponse
		want tally
		ok   bool
	}{
		{"subscribed", &spillwayv1.SubscribeResponse{Response: &spillwayv1.SubscribeResponse_Subscribed{Subscribed: &spillwayv1.Subscribed{}}}, tally{live: true}, true},
		{"gap", &spillwayv1.SubscribeResponse{Response: &spillwayv1.SubscribeResponse_Gap{Gap: &spillwayv1.Gap{}}}, tally{counts: counts{Gaps: 1}}, true},
		{"heartbeat", &spillwayv1.SubscribeResponse{Response: &spillwayv1.SubscribeResponse_Heartbeat{Heartbeat: &spillwayv1.Heartbeat{}}}, tally{}, true},
		{"drain", &spillwayv1.SubscribeResponse{Response: &spillwayv1.SubscribeResponse_Drain{Drain: &spillwayv1.Drain{}}}, tally{}, false},
		{"an event without a stamp", &spillwayv1.SubscribeResponse{Response: &spillwayv1.SubscribeResponse_Events{
			Events: &spillwayv1.EventBatch{Events: []*spillwayv1.Event{{Id: "1"}}},
		}}, tally{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text, err := proto.Marshal(tt.resp)
			if err != nil {
				t.Fatal(err)
			}
			var tl tally
			err = tl.response(text, func(int64) {})
			if (err == nil) != tt.ok {
				t.Errorf("response = %v", err)
			}
			if tl.live != tt.want.live || tl.Gaps != tt.want.Gaps || tl.Events != 0 {
				t.Errorf("got %+v", tl)
			}
		})
	}
}

// FuzzResponse: whatever a server sends, a subscriber says what is wrong with it.
func FuzzResponse(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{3<<3 | 2, 4, 1<<3 | 2, 2, 0, 0})
	f.Fuzz(func(_ *testing.T, msg []byte) {
		tl := tally{ordered: true}
		_ = tl.response(msg, func(int64) {})
	})
}
