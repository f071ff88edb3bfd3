package eventsource_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

const consumerARN = streamARN + "/consumer/c:946684800"

// fakeFanOut pushes what a stream has. A subscription lasts five minutes, and ends after an event if it is told to.
type fakeFanOut struct {
	streams *fakeStreams

	mu     sync.Mutex // guards what follows
	log    []string   // of subscriptions begun
	open   int
	refuse int   // the next so many subscriptions
	breaks error // what the next call of Next answers, if not nil
}

func (f *fakeFanOut) CheckConsumer(context.Context, string) error { return nil }

func (f *fakeFanOut) Subscribe(_ context.Context, consumer, shard string, from eventsource.Position) (eventsource.Subscription, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse > 0 {
		f.refuse--
		return nil, errors.New("in use")
	}
	f.log = append(f.log, fmt.Sprintf("%s %s %s%s", consumer[len(streamARN):], shard, from.Kind, from.SequenceNumber))
	f.open++
	return &fakeSubscription{fanOut: f, shard: shard, at: from, end: time.Now().Add(5 * time.Minute)}, nil
}

type fakeSubscription struct {
	fanOut *fakeFanOut
	shard  string
	at     eventsource.Position
	end    time.Time
}

func (s *fakeSubscription) Next(ctx context.Context) (eventsource.Batch, error) {
	s.fanOut.mu.Lock()
	breaks := s.fanOut.breaks
	s.fanOut.breaks = nil
	s.fanOut.mu.Unlock()
	if breaks != nil {
		return eventsource.Batch{}, breaks
	}
	limited, cancel := context.WithDeadline(ctx, s.end)
	defer cancel()
	if err := s.fanOut.streams.Wait(limited, streamARN, s.shard, s.at); err != nil {
		if ctx.Err() == nil && limited.Err() != nil {
			return eventsource.Batch{}, io.EOF
		}
		return eventsource.Batch{}, err
	}
	batch, err := s.fanOut.streams.Read(ctx, streamARN, s.shard, s.at, 1000, 1<<20)
	s.at = batch.Next
	return batch, err
}

func (s *fakeSubscription) Close() {
	s.fanOut.mu.Lock()
	defer s.fanOut.mu.Unlock()
	s.fanOut.open--
}

func fannedOut(f *fakeFanOut, change ...func(*eventsource.Settings)) eventsource.Settings {
	return settings(append([]func(*eventsource.Settings){func(s *eventsource.Settings) {
		s.SourceARN, s.FanOut = consumerARN, f
	}}, change...)...)
}

// A consumer as source: one subscription per shard, renewed where it ended, closed in the end; a push that is larger than
// a batch is cut; the child of a shard is subscribed to when its parent is drained.
func TestFanOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, fn := newStreams("shard-0"), &fakeFunction{}
		f := &fakeFanOut{streams: streams, refuse: 1}
		streams.put("shard-0", "a", "b", "c")
		var problems atomic.Int32
		p := eventsource.Start(streams, fn, nil, fannedOut(f, func(s *eventsource.Settings) {
			s.BatchSize = 2
			s.ProcessedHook = func(result string) {
				if result == eventsource.ResultStreamProblem {
					problems.Add(1)
				}
			}
		}), nil)
		time.Sleep(6 * time.Minute)
		put := time.Now()
		streams.put("shard-0", "d")
		synctest.Wait()
		if last := fn.got()[len(fn.got())-1]; !last.at.Equal(put) {
			t.Errorf("delivered after %v, want at once", last.at.Sub(put))
		}
		f.mu.Lock()
		f.breaks = errors.New("connection lost")
		f.mu.Unlock()
		streams.put("shard-0", "e")
		time.Sleep(time.Minute)
		streams.reshard([]string{"shard-0"}, "shard-1")
		streams.put("shard-1", "f")
		time.Sleep(time.Minute)
		marks := p.Stop()
		wantBatches(t, fn, "[a b]", "[c]", "[d]", "[e]", "[f]")
		want := []string{
			"/consumer/c:946684800 shard-0 TRIM_HORIZON", "/consumer/c:946684800 shard-0 AFTER_SEQUENCE_NUMBER3",
			"/consumer/c:946684800 shard-0 AFTER_SEQUENCE_NUMBER5", "/consumer/c:946684800 shard-1 TRIM_HORIZON",
		}
		if diff := cmp.Diff(want, f.log); diff != "" {
			t.Errorf("subscriptions (-want +got):\n%s", diff)
		}
		if n := problems.Load(); n != 2 { // the one refused and the one that broke; that a subscription ends is none
			t.Errorf("%d problems were told, want 2", n)
		}
		if f.open != 0 {
			t.Errorf("%d subscriptions were left open", f.open)
		}
		if !marks["shard-0"].Drained {
			t.Errorf("checkpoints %v", marks)
		}
	})
}

// The event and the message of a failure name the consumer.
func TestFanOutNamesTheConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, dest := newStreams("shard-0"), &fakeDestination{}
		fn := &fakeFunction{answer: func(c call) (eventsource.Answer, error) {
			if c.source != consumerARN {
				t.Errorf("eventSourceARN %s, want the consumer's", c.source)
			}
			return fails()
		}}
		streams.put("shard-0", "a")
		p := eventsource.Start(streams, fn, dest, fannedOut(&fakeFanOut{streams: streams}, func(s *eventsource.Settings) {
			s.MaxRetries, s.OnFailure = 0, queueARN
		}), nil)
		synctest.Wait()
		p.Stop()
		if m := dest.got(); len(m) != 1 || decodeFailure(t, m[0]).KinesisBatchInfo.StreamARN != consumerARN {
			t.Errorf("messages %v, want one with the consumer's ARN", m)
		}
	})
}

func TestFanOutWithTumblingWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams := newStreams("shard-0")
		fn := &fakeFunction{answer: func(c call) (eventsource.Answer, error) {
			if len(c.data) == 1 && c.data[0] == "a" {
				time.Sleep(70 * time.Second) // beyond the window; what is pushed meanwhile belongs to it
			}
			return counting(c)
		}}
		p := eventsource.Start(streams, fn, nil, fannedOut(&fakeFanOut{streams: streams}, func(s *eventsource.Settings) { s.Tumbling = time.Minute }), nil)
		defer p.Stop()
		streams.put("shard-0", "a")
		time.Sleep(30 * time.Second)
		streams.put("shard-0", "b")
		time.Sleep(time.Minute)
		wantLines(t, fn, "00:00-01:00 [a] {}", `00:00-01:00 [b] {"n":1}`, `00:00-01:00 [] {"n":2} final`)
	})
}

// What was pushed and is in no batch yet is not passed by the checkpoint.
func TestFanOutStopsWithinAPush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams := newStreams("shard-0")
		fn := &fakeFunction{answer: func(call) (eventsource.Answer, error) {
			time.Sleep(time.Second)
			return ok()
		}}
		streams.put("shard-0", "a", "b", "c")
		p := eventsource.Start(streams, fn, nil, fannedOut(&fakeFanOut{streams: streams}, func(s *eventsource.Settings) { s.BatchSize = 2 }), nil)
		time.Sleep(time.Second / 2)
		marks := p.Stop()
		wantBatches(t, fn, "[a b]")
		if at := marks["shard-0"].Position.SequenceNumber; at != "2" {
			t.Errorf("checkpoint %s, want after 2", at)
		}
	})
}
