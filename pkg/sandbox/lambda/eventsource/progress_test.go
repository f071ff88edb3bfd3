package eventsource_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

// keeper keeps checkpoints as a disk would: as text.
type keeper struct {
	mu    sync.Mutex // guards what follows
	kept  []byte
	calls int
	fail  bool
}

func (k *keeper) SaveCheckpoints(_ context.Context, _ string, marks eventsource.Checkpoints) error {
	text, err := json.Marshal(marks)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.calls++; k.fail {
		return errors.New("disk full")
	}
	k.kept = text
	return nil
}

func (k *keeper) marks(t *testing.T) eventsource.Checkpoints {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	var marks eventsource.Checkpoints
	if err := json.Unmarshal(k.kept, &marks); err != nil {
		t.Fatalf("checkpoints %s: %v", k.kept, err)
	}
	return marks
}

// What was kept at any moment is enough to go on: here the first poller is never stopped, as in a crash.
func TestCheckpointsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, fn, kept := newStreams("shard-0", "shard-1"), &fakeFunction{}, &keeper{}
		s := settings(func(s *eventsource.Settings) { s.BatchSize, s.Start.Kind = 1, eventsource.Latest })
		s.Checkpoints = kept
		crashed := eventsource.Start(streams, fn, nil, s, nil)
		defer crashed.Stop()
		<-crashed.Ready()
		synctest.Wait()
		latest := kept.marks(t) // before any record: the place is fixed
		streams.put("shard-0", "a", "b")
		streams.reshard([]string{"shard-0"}, "shard-2")
		streams.put("shard-2", "c")
		synctest.Wait()
		marks := kept.marks(t)
		if !marks["shard-0"].Drained || marks["shard-2"].Position.SequenceNumber != "3" || marks["shard-1"].Position.Kind == eventsource.Latest {
			t.Errorf("kept %+v", marks)
		}
		streams.put("shard-1", "d")
		again := &fakeFunction{}
		s.Checkpoints = nil
		p := eventsource.Start(streams, again, nil, s, marks)
		synctest.Wait()
		p.Stop()
		wantBatches(t, again, "[d]")

		early := &fakeFunction{}
		p = eventsource.Start(streams, early, nil, s, latest)
		synctest.Wait()
		p.Stop()
		got := early.batches()
		slices.Sort(got)
		if diff := cmp.Diff([]string{"[a]", "[b]", "[c]", "[d]"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// A disk that takes nothing stops nothing.
func TestCheckpointsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, fn, kept := newStreams("shard-0"), &fakeFunction{}, &keeper{fail: true}
		s := settings()
		s.Checkpoints = kept
		streams.put("shard-0", "a")
		p := eventsource.Start(streams, fn, nil, s, nil)
		synctest.Wait()
		streams.put("shard-0", "b")
		synctest.Wait()
		p.Stop()
		wantBatches(t, fn, "[a]", "[b]")
		if kept.calls < 2 {
			t.Errorf("%d tries to keep checkpoints, want one after each batch", kept.calls)
		}
	})
}

// AWS's cadence: a shard is read once a second, and again at once only after a full read.
func TestPollInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, fn := newStreams("shard-0"), &fakeFunction{}
		begun := time.Now()
		p := eventsource.Start(streams, fn, nil, settings(func(s *eventsource.Settings) {
			s.PollInterval, s.BatchSize = eventsource.AWSPollInterval, 2
		}), nil)
		defer p.Stop()
		time.Sleep(100 * time.Millisecond)
		streams.put("shard-0", "a", "b", "c")
		time.Sleep(time.Second)
		streams.put("shard-0", "d")
		time.Sleep(time.Second)
		wantBatches(t, fn, "[a b]", "[c]", "[d]")
		for i, want := range []time.Duration{time.Second, time.Second, 2 * time.Second} {
			if at := fn.got()[i].at.Sub(begun); at != want {
				t.Errorf("invocation %d after %v, want %v", i, at, want)
			}
		}
	})
}

func TestTumblingWindowWithPollInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, fn := newStreams("shard-0"), &fakeFunction{answer: counting}
		p := eventsource.Start(streams, fn, nil, tumbling(func(s *eventsource.Settings) { s.PollInterval = eventsource.AWSPollInterval }), nil)
		defer p.Stop()
		streams.put("shard-0", "a")
		time.Sleep(time.Minute - 10*time.Millisecond)
		streams.put("shard-0", "b") // is read after the window's end, and belongs to it
		time.Sleep(2 * time.Second)
		wantLines(t, fn, "00:00-01:00 [a] {}", `00:00-01:00 [b] {"n":1}`, `00:00-01:00 [] {"n":2} final`)
	})
}

// With neither retries nor age limited, a batch is retried until its records leave the stream.
func TestRetentionEndsRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, dest := newStreams("shard-0"), &fakeDestination{}
		streams.change(func() { streams.shards[0].Retention = 24 * time.Hour })
		fn := &fakeFunction{answer: func(c call) (eventsource.Answer, error) {
			if c.data[0] == "bad" {
				return fails()
			}
			return ok()
		}}
		streams.put("shard-0", "bad")
		p := eventsource.Start(streams, fn, dest, settings(func(s *eventsource.Settings) { s.OnFailure = queueARN }), nil)
		defer p.Stop()
		time.Sleep(23 * time.Hour)
		streams.put("shard-0", "good")
		time.Sleep(59 * time.Minute)
		if len(dest.got()) != 0 || fn.got()[len(fn.got())-1].data[0] != "bad" {
			t.Error("the record was given up before it left the stream")
		}
		time.Sleep(2 * time.Minute)
		if last := fn.got()[len(fn.got())-1]; last.String() != "[good]" {
			t.Errorf("last invocation %v, want that of the record behind", last)
		}
		if m := dest.got(); len(m) != 1 || decodeFailure(t, m[0]).RequestContext.Condition != "RecordAgeExceeded" {
			t.Errorf("messages %v, want one of the record that expired", m)
		}
	})
}

func TestDuplicate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, fn := newStreams("shard-0"), &fakeFunction{}
		p := eventsource.Start(streams, fn, nil, settings(), nil)
		defer p.Stop()
		p.Duplicate(2)
		streams.put("shard-0", "a")
		synctest.Wait()
		streams.put("shard-0", "b")
		synctest.Wait()
		wantBatches(t, fn, "[a]", "[a]", "[a]", "[b]")
	})
}

func TestAwaitIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams := newStreams("shard-0", "shard-1")
		fn := &fakeFunction{answer: func(call) (eventsource.Answer, error) {
			time.Sleep(time.Second)
			return ok()
		}}
		streams.put("shard-0", "a", "b")
		streams.put("shard-1", "c")
		streams.reshard([]string{"shard-1"}, "shard-2")
		streams.put("shard-2", "d")
		p := eventsource.Start(streams, fn, nil, settings(func(s *eventsource.Settings) { s.BatchSize = 1 }), nil)
		defer p.Stop()
		if err := p.AwaitIdle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(fn.got()); n != 4 {
			t.Errorf("idle after %d invocations, want 4", n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		streams.put("shard-0", "e")
		if err := p.AwaitIdle(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("idle while a record is being processed: %v", err)
		}
	})
}
