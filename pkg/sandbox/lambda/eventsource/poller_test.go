package eventsource_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

// scenario runs a poller over one shard with records, in fake time, for as long as given.
type scenario struct {
	settings eventsource.Settings
	data     []string
	answer   func(call) (eventsource.Answer, error)
	run      time.Duration
}

func (s scenario) play(t *testing.T) (*fakeFunction, *fakeDestination) {
	t.Helper()
	streams, fn, dest := newStreams("shard-0"), &fakeFunction{answer: s.answer}, &fakeDestination{}
	streams.put("shard-0", s.data...)
	p := eventsource.Start(streams, fn, dest, s.settings, nil)
	time.Sleep(s.run) // fake time: the bubble's clock moves only when everything waits
	p.Stop()
	return fn, dest
}

func TestBatchSize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fn, _ := scenario{
			settings: settings(func(s *eventsource.Settings) { s.BatchSize = 2 }),
			data:     []string{"a", "b", "c", "d", "e"}, run: time.Second,
		}.play(t)
		wantBatches(t, fn, "[a b]", "[c d]", "[e]")
	})
}

func TestBatchIsCutAtSixMegabytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		record := strings.Repeat("x", 1<<20)
		fn, _ := scenario{settings: settings(), data: slices.Repeat([]string{record}, 10), run: time.Second}.play(t)
		var sizes []int
		for _, c := range fn.got() {
			sizes = append(sizes, len(c.data))
		}
		if diff := cmp.Diff([]int{4, 4, 2}, sizes); diff != "" { // 4/3 MiB each in base64
			t.Error(diff)
		}
	})
}

func TestBatchingWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, fn := newStreams("shard-0"), &fakeFunction{}
		begun := time.Now()
		p := eventsource.Start(streams, fn, nil, settings(func(s *eventsource.Settings) { s.Window, s.BatchSize = 10*time.Second, 3 }), nil)
		defer p.Stop()
		time.Sleep(2 * time.Second)
		streams.put("shard-0", "a")
		time.Sleep(7 * time.Second)
		streams.put("shard-0", "b")
		synctest.Wait()
		wantBatches(t, fn)
		time.Sleep(time.Second + time.Millisecond) // the window is over
		wantBatches(t, fn, "[a b]")
		if at := fn.got()[0].at.Sub(begun); at != 10*time.Second {
			t.Errorf("invoked after %v, want 10s", at)
		}
		streams.put("shard-0", "c", "d", "e") // a full batch does not wait for the window
		synctest.Wait()
		wantBatches(t, fn, "[a b]", "[c d e]")
	})
}

func TestStartingPositions(t *testing.T) {
	tests := map[string]struct {
		kind eventsource.PositionKind
		want []string
	}{
		"trim horizon": {eventsource.TrimHorizon, []string{"[old middle]", "[new]"}},
		"at timestamp": {eventsource.AtTimestamp, []string{"[middle]", "[new]"}},
		"latest":       {eventsource.Latest, []string{"[new]"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				streams, fn := newStreams("shard-0"), &fakeFunction{}
				streams.put("shard-0", "old")
				time.Sleep(time.Minute)
				at := time.Now()
				streams.put("shard-0", "middle")
				p := eventsource.Start(streams, fn, nil, settings(func(s *eventsource.Settings) {
					s.Start = eventsource.Position{Kind: tt.kind, Timestamp: at}
				}), nil)
				defer p.Stop()
				<-p.Ready()
				synctest.Wait()
				streams.put("shard-0", "new")
				synctest.Wait()
				wantBatches(t, fn, tt.want...)
			})
		})
	}
}

// An idle shard is not asked again and again: without a record, the only timers of the bubble are the test's.
func TestIdleShardIsReadAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, fn := newStreams("shard-0"), &fakeFunction{}
		p := eventsource.Start(streams, fn, nil, settings(), nil)
		defer p.Stop()
		time.Sleep(time.Hour)
		put := time.Now()
		streams.put("shard-0", "a")
		synctest.Wait()
		if calls := fn.got(); len(calls) != 1 || !calls[0].at.Equal(put) {
			t.Errorf("calls %v, want one at the time of the put", calls)
		}
	})
}

func TestStopAndGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams := newStreams("shard-0")
		fn := &fakeFunction{answer: func(c call) (eventsource.Answer, error) {
			if slices.Contains(c.data, "stuck") {
				return fails()
			}
			return ok()
		}}
		streams.put("shard-0", "old")
		s := settings(func(s *eventsource.Settings) { s.Start.Kind, s.BatchSize = eventsource.Latest, 1 })
		first := eventsource.Start(streams, fn, nil, s, nil)
		<-first.Ready()
		marks := first.Stop() // before anything came: the position is fixed all the same
		streams.put("shard-0", "a", "stuck")
		second := eventsource.Start(streams, fn, nil, s, marks)
		time.Sleep(time.Second / 2)
		marks = second.Stop()
		wantBatches(t, fn, "[a]", "[stuck]")
		fn.answer = nil
		streams.put("shard-0", "b")
		third := eventsource.Start(streams, fn, nil, s, marks)
		synctest.Wait()
		third.Stop()
		wantBatches(t, fn, "[a]", "[stuck]", "[stuck]", "[b]")
	})
}

func TestShardsAreReadConcurrently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams := newStreams("shard-0", "shard-1")
		fn := &fakeFunction{answer: func(c call) (eventsource.Answer, error) {
			if c.shard == "shard-0" {
				return fails() // for ever: shard-1 must not wait for it
			}
			return ok()
		}}
		streams.put("shard-0", "stuck")
		streams.put("shard-1", "a", "b")
		p := eventsource.Start(streams, fn, nil, settings(), nil)
		time.Sleep(time.Minute)
		p.Stop()
		var other []string
		for _, c := range fn.got() {
			if c.shard == "shard-1" {
				other = append(other, c.String())
			}
		}
		if diff := cmp.Diff([]string{"[a b]"}, other); diff != "" {
			t.Error(diff)
		}
	})
}

// Children of a reshard are read when every parent is drained, and from their begin also when the mapping started at the
// latest record.
func TestReshard(t *testing.T) {
	for _, kind := range []eventsource.PositionKind{eventsource.TrimHorizon, eventsource.Latest} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				streams := newStreams("shard-0", "shard-1")
				var stuck atomic.Bool
				stuck.Store(true)
				fn := &fakeFunction{}
				fn.answer = func(c call) (eventsource.Answer, error) {
					if stuck.Load() && c.shard == "shard-1" {
						return fails()
					}
					return ok()
				}
				p := eventsource.Start(streams, fn, nil, settings(func(s *eventsource.Settings) { s.Start.Kind, s.BatchSize = kind, 1 }), nil)
				<-p.Ready()
				streams.put("shard-0", "a")
				streams.put("shard-1", "b")
				streams.reshard([]string{"shard-0", "shard-1"}, "shard-2")
				streams.put("shard-2", "c")
				time.Sleep(time.Minute)
				for _, c := range fn.got() {
					if c.shard == "shard-2" {
						t.Fatal("a child was read before its parent was drained")
					}
				}
				stuck.Store(false)
				time.Sleep(time.Minute)
				marks := p.Stop()
				last := fn.got()[len(fn.got())-1]
				if last.shard != "shard-2" || last.String() != "[c]" {
					t.Errorf("last invocation %v of %s, want [c] of shard-2", last, last.shard)
				}
				if !marks["shard-0"].Drained || !marks["shard-1"].Drained || marks["shard-2"].Drained {
					t.Errorf("checkpoints %v", marks)
				}
				// A drained parent is never read again, unlike in emulators that forget.
				n := len(fn.got())
				again := eventsource.Start(streams, fn, nil, settings(), marks)
				time.Sleep(time.Minute)
				again.Stop()
				if got := len(fn.got()); got != n {
					t.Errorf("%d invocations after a restart, want none", got-n)
				}
			})
		})
	}
}

func TestParallelizationKeepsOrderPerKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams := newStreams("shard-0")
		var mu sync.Mutex // guards what follows
		running, most, failed := 0, 0, map[string]bool{}
		done := map[string][]int{} // by key, in the order of success
		fn := &fakeFunction{}
		fn.answer = func(c call) (eventsource.Answer, error) {
			mu.Lock()
			running++
			most = max(most, running)
			again := failed[c.seqs[0]]
			failed[c.seqs[0]] = true
			mu.Unlock()
			time.Sleep(10 * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			running--
			if !again { // every batch fails once
				return fails()
			}
			for i, key := range c.data {
				seq, err := strconv.Atoi(c.seqs[i])
				if err != nil {
					panic(err)
				}
				done[key] = append(done[key], seq)
			}
			return ok()
		}
		const keys, rounds = 8, 20
		for range rounds {
			for k := range keys {
				streams.put("shard-0", string(rune('a'+k)))
			}
		}
		p := eventsource.Start(streams, fn, nil, settings(func(s *eventsource.Settings) { s.Parallel, s.BatchSize = 4, 5 }), nil)
		time.Sleep(time.Hour)
		marks := p.Stop()
		if most < 2 || most > 4 {
			t.Errorf("up to %d invocations at once, want 2 to 4", most)
		}
		if len(done) != keys {
			t.Errorf("%d keys arrived, want %d", len(done), keys)
		}
		for key, seqs := range done {
			if len(seqs) != rounds || !slices.IsSorted(seqs) {
				t.Errorf("key %s: records %v, want %d in order", key, seqs, rounds)
			}
		}
		if at := marks["shard-0"].Position.SequenceNumber; at != fmt.Sprint(keys*rounds) {
			t.Errorf("checkpoint %s, want %d", at, keys*rounds)
		}
	})
}

// A partition key that fails for ever does not make the poller remember everything that comes after it.
func TestParallelStopsFarBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams := newStreams("shard-0")
		var stuck atomic.Bool
		stuck.Store(true)
		fn := &fakeFunction{answer: func(c call) (eventsource.Answer, error) {
			if c.data[0] == "poison" && stuck.Load() {
				return fails()
			}
			return ok()
		}}
		const others, most = 15000, 10000
		streams.put("shard-0", "poison")
		streams.putKey("shard-0", "others", slices.Repeat([]string{"fine"}, others))
		p := eventsource.Start(streams, fn, nil, settings(func(s *eventsource.Settings) { s.Parallel, s.BatchSize = 2, 1000 }), nil)
		defer p.Stop()
		fine := func() (n int) {
			for _, c := range fn.got() {
				if c.data[0] == "fine" {
					n += len(c.data)
				}
			}
			return n
		}
		time.Sleep(time.Minute)
		if n := fine(); n < most-1000 || n > most+1000 {
			t.Errorf("%d records delivered behind the one that fails, want about %d", n, most)
		}
		stuck.Store(false)
		time.Sleep(time.Minute)
		if n := fine(); n != others {
			t.Errorf("%d records delivered in the end, want %d", n, others)
		}
	})
}

// With parallel lanes the checkpoint stays before the lowest record that is not done.
func TestParallelCheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams := newStreams("shard-0")
		fn := &fakeFunction{answer: func(c call) (eventsource.Answer, error) {
			if c.data[0] == "c" {
				return fails()
			}
			return ok()
		}}
		for _, d := range []string{"a", "c", "d", "e", "f", "g"} {
			streams.put("shard-0", d)
		}
		s := settings(func(s *eventsource.Settings) { s.Parallel, s.BatchSize = 10, 1 })
		p := eventsource.Start(streams, fn, nil, s, nil)
		time.Sleep(time.Minute)
		marks := p.Stop()
		if at := marks["shard-0"].Position.SequenceNumber; at != "1" {
			t.Errorf("checkpoint after %s, want after 1", at)
		}
	})
}

// A stream shows its shards only some time after it was made.
func TestStreamWithoutShardsYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, fn := newStreams(), &fakeFunction{}
		p := eventsource.Start(streams, fn, nil, settings(func(s *eventsource.Settings) { s.Start.Kind = eventsource.Latest }), nil)
		defer p.Stop()
		synctest.Wait()
		select {
		case <-p.Ready():
			t.Error("ready before there are shards")
		default:
		}
		streams.replace("shard-0")
		<-p.Ready()
		streams.put("shard-0", "a")
		synctest.Wait()
		wantBatches(t, fn, "[a]")
	})
}

// Shards do not only appear when a parent is drained.
func TestStreamMadeAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, fn := newStreams("shard-0"), &fakeFunction{}
		p := eventsource.Start(streams, fn, nil, settings(), nil)
		streams.put("shard-0", "a")
		streams.reshard([]string{"shard-0"}, "shard-1")
		time.Sleep(time.Minute)
		streams.replace() // deleted
		time.Sleep(time.Minute)
		streams.replace("shard-0", "shard-2")
		streams.put("shard-0", "b")
		streams.put("shard-2", "c")
		time.Sleep(time.Minute)
		marks := p.Stop()
		got := fn.batches()
		slices.Sort(got)
		if diff := cmp.Diff([]string{"[a]", "[b]", "[c]"}, got); diff != "" {
			t.Error(diff)
		}
		if _, there := marks["shard-1"]; there || marks["shard-0"].Drained {
			t.Errorf("checkpoints %v, want shard-0 being read and none of shard-1", marks)
		}
	})
}

// A closed parent may be older than the retention before it is drained: what was read of it is still delivered, and
// then its child is read.
func TestParentExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams := newStreams("shard-0")
		var stuck atomic.Bool
		stuck.Store(true)
		fn := &fakeFunction{answer: func(call) (eventsource.Answer, error) {
			if stuck.Load() {
				return fails()
			}
			return ok()
		}}
		p := eventsource.Start(streams, fn, nil, settings(func(s *eventsource.Settings) { s.BatchSize = 1 }), nil)
		defer p.Stop()
		streams.put("shard-0", "a", "expires unread")
		synctest.Wait()
		streams.reshard([]string{"shard-0"}, "shard-1")
		streams.put("shard-1", "c")
		streams.change(func() { streams.shards = streams.shards[1:] })
		time.Sleep(time.Minute)
		for _, c := range fn.got() {
			if c.shard != "shard-0" {
				t.Fatal("the child was read before what was read of its parent was delivered")
			}
		}
		n := len(fn.got())
		stuck.Store(false)
		time.Sleep(time.Minute)
		var got []string
		for _, c := range fn.got()[n:] {
			got = append(got, c.String())
		}
		if diff := cmp.Diff([]string{"[a]", "[c]"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// What has been read is delivered although the stream cannot be read any more.
func TestReadErrorDoesNotHoldUpRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, fn := newStreams("shard-0"), &fakeFunction{}
		p := eventsource.Start(streams, fn, nil, settings(func(s *eventsource.Settings) { s.Window = time.Minute }), nil)
		defer p.Stop()
		streams.put("shard-0", "a")
		synctest.Wait()
		streams.change(func() { streams.broken = errors.New("gone") })
		synctest.Wait()
		wantBatches(t, fn, "[a]")
	})
}

func TestBrokenStreamIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, fn := newStreams("shard-0"), &fakeFunction{}
		streams.change(func() { streams.broken = errors.New("gone") })
		var mu sync.Mutex
		var result string
		p := eventsource.Start(streams, fn, nil, settings(func(s *eventsource.Settings) {
			s.ProcessedHook = func(r string) {
				mu.Lock()
				defer mu.Unlock()
				result = r
			}
		}), nil)
		defer p.Stop()
		time.Sleep(time.Minute)
		mu.Lock()
		if result != eventsource.ResultStreamProblem {
			t.Errorf("result %q", result)
		}
		mu.Unlock()
		streams.change(func() { streams.broken = nil })
		streams.put("shard-0", "a")
		time.Sleep(time.Minute)
		wantBatches(t, fn, "[a]")
		mu.Lock()
		defer mu.Unlock()
		if result != eventsource.ResultOK {
			t.Errorf("result %q", result)
		}
	})
}

// Neither many records behind one that fails nor large ones keep other partition keys from being delivered.
func TestParallelKeyBehindDoesNotHoldUpOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams := newStreams("shard-0")
		fn := &fakeFunction{answer: func(c call) (eventsource.Answer, error) {
			if c.data[0] == "poison" {
				return fails()
			}
			return ok()
		}}
		streams.putKey("shard-0", "bad", slices.Repeat([]string{"poison"}, 100))
		for k := range 20 {
			streams.putKey("shard-0", strconv.Itoa(k), []string{"fine"})
		}
		p := eventsource.Start(streams, fn, nil, settings(func(s *eventsource.Settings) { s.Parallel, s.BatchSize = 10, 1 }), nil)
		defer p.Stop()
		time.Sleep(time.Minute)
		fine := 0
		for _, c := range fn.got() {
			if c.data[0] == "fine" {
				fine++
			}
		}
		if fine < 10 { // of 20, those that share the lane of the bad key have to wait
			t.Errorf("%d records of other keys were delivered, want most of 20", fine)
		}
	})
}
