package gateway

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/encoding"

	"github.com/spillway/spillway/pkg/authn"
	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/fanout"
	"github.com/spillway/spillway/pkg/topic"
)

// entryLog is a log of one lane that has its last entry only.
type entryLog struct {
	mu     sync.Mutex // guards what follows
	last   eventlog.Entry
	notify func(lane int)

	listening chan struct{} // closed once notify is set
}

const entryEpoch = "00000000000000aa"

// add appends an entry and tells the hub.
func (l *entryLog) add(data []byte) {
	l.mu.Lock()
	id := l.last.ID
	id.MS++
	l.last = eventlog.Entry{ID: id, Prev: l.last.ID, Data: data}
	notify := l.notify
	l.mu.Unlock()
	notify(0)
}

// State implements fanout.Log.
func (l *entryLog) State(context.Context) (eventlog.State, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return eventlog.State{
		Epoch: eventlog.Epoch{ID: entryEpoch, Lanes: 1, Retention: time.Hour},
		Lanes: []eventlog.LaneState{{Head: l.last.ID}},
	}, nil
}

// Read implements fanout.Log.
func (l *entryLog) Read(_ context.Context, _ string, queries []eventlog.Query) []eventlog.Page {
	l.mu.Lock()
	defer l.mu.Unlock()
	pages := make([]eventlog.Page, len(queries))
	for i, q := range queries {
		if q.After.Compare(l.last.ID) < 0 {
			pages[i].Entries = []eventlog.Entry{l.last}
		}
	}
	return pages
}

// ReportLoss implements fanout.Log.
func (l *entryLog) ReportLoss(context.Context, string, int, eventlog.ID) error { return nil }

// Notices implements fanout.Log.
func (l *entryLog) Notices(ctx context.Context, _ int, notify func(lane int)) error {
	l.mu.Lock()
	l.notify = notify
	l.mu.Unlock()
	close(l.listening)
	<-ctx.Done()
	return ctx.Err()
}

// taker is a stream that has its messages encoded, as gRPC does, and takes them at once.
type taker struct {
	codec encoding.CodecV2
	bytes int
}

// SendMsg implements sender.
func (t *taker) SendMsg(m any) error {
	bufs, err := t.codec.Marshal(m)
	t.bytes += bufs.Len()
	return err
}

// flusher is a hub that runs over an entryLog, and pumps that are driven by hand.
type flusher struct {
	log   *entryLog
	pumps []*pump
	waits []<-chan struct{}
	out   []*taker
}

func newFlusher(tb testing.TB, streams int) *flusher {
	tb.Helper()
	l := &entryLog{last: eventlog.Entry{ID: eventlog.ID{MS: 1 << 40}}, listening: make(chan struct{})}
	hub := fanout.NewHub(l, fanout.Config{Linger: -1, PollInterval: time.Hour})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = hub.Run(ctx) }()
	tb.Cleanup(func() { cancel(); <-done })
	<-l.listening
	s := New(Config{Hub: hub})
	everything, err := topic.Parse(">")
	if err != nil {
		tb.Fatal(err)
	}
	want := subscription{Request: fanout.Request{Patterns: []topic.Pattern{everything}}, batch: 1 << 20, heartbeat: time.Hour}
	f := &flusher{log: l}
	for range streams {
		sub, err := hub.Subscribe(ctx, want.Request)
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(sub.Close)
		out := &taker{codec: newCodec()}
		p := newPump(s, sub, out, want, &authn.Identity{ClientID: "client", Expires: time.Now().Add(time.Hour)})
		f.pumps, f.out, f.waits = append(f.pumps, p), append(f.out, out), append(f.waits, nil)
	}
	f.serve(tb)
	return f
}

// serve has every pump send what there is, until it waits.
func (f *flusher) serve(tb testing.TB) {
	for i, p := range f.pumps {
		f.waits[i] = nil
		for f.waits[i] == nil {
			wait, err := p.next(context.Background())
			if err != nil {
				tb.Fatal(err)
			}
			f.waits[i] = wait
		}
	}
}

// round has an entry read, matched, and sent to all streams.
func (f *flusher) round(tb testing.TB, data []byte) {
	before := f.out[len(f.out)-1].bytes
	f.log.add(data)
	for _, wait := range f.waits {
		<-wait
	}
	f.serve(tb)
	if got := f.out[len(f.out)-1].bytes - before; got < len(data) {
		tb.Fatalf("%d bytes were sent, want %d and a cursor", got, len(data))
	}
}

// manyEvents are so many encoded events of 200 bytes.
func manyEvents(count int) []byte {
	e := event.Event{Shard: "shardId-000000000000", SequenceNumber: "7", Topic: "weather.us.ny", PartitionKey: "KNYC", Data: make([]byte, 200)}
	return slices.Repeat(event.Append(nil, &e), count)
}

// TestFlushAllocations: what a round makes of garbage is not by event, from the page that
// is read to the bytes that gRPC gets; and by stream it is what another base of the cursor
// costs, now and then.
func TestFlushAllocations(t *testing.T) {
	const few, many = 100, 2000
	const noise = 20 // the detector of races empties pools now and then
	run := func(streams, events int) float64 {
		f := newFlusher(t, streams)
		data := manyEvents(events)
		return testing.AllocsPerRun(100, func() { f.round(t, data) })
	}
	const streams = 50
	less, more := run(streams, few), run(streams, many)
	if most := less + noise; more > most {
		t.Errorf("%v allocations for %d events and %v for %d, want at most %v", less, few, more, many, most)
	}
	if wide := run(2*streams, few); wide-less > 6*streams {
		t.Errorf("%v allocations with %d streams and %v with %d: want no more than 6 for a stream", less, streams, wide, 2*streams)
	}
}

// BenchmarkFlush has an entry read, matched, and sent to streams that take it at once;
// what gRPC and the network cost comes on top. Each op is a round.
func BenchmarkFlush(b *testing.B) {
	for _, streams := range []int{1, 100, 1000, 10_000} {
		for _, events := range []int{1, 100} {
			b.Run(fmt.Sprintf("streams=%d/events=%d", streams, events), func(b *testing.B) {
				f := newFlusher(b, streams)
				data := manyEvents(events)
				b.ReportAllocs()
				for b.Loop() {
					f.round(b, data)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*streams), "ns/flush")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*streams*events), "ns/delivery")
			})
		}
	}
}
