package eventsource_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

const queueARN = "arn:aws:sqs:us-east-1:000000000000:q"

// counting answers as a function that counts the records of a window.
func counting(c call) (eventsource.Answer, error) {
	var state struct{ N int }
	if err := json.Unmarshal(c.window.State, &state); err != nil {
		panic(err)
	}
	return eventsource.Answer{Payload: fmt.Appendf(nil, `{"state":{"n":%d}}`, state.N+len(c.data))}, nil
}

// lines tell of each invocation: the window, what it got, the state, and the flags.
func lines(fn *fakeFunction) []string {
	var out []string
	for _, c := range fn.got() {
		line := fmt.Sprintf("%s %v %s", c.window.Window.Start[14:19]+"-"+c.window.Window.End[14:19], c.data, c.window.State)
		if c.window.Final {
			line += " final"
		}
		if c.window.Early {
			line += " early"
		}
		out = append(out, line)
	}
	return out
}

func wantLines(t *testing.T, fn *fakeFunction, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, lines(fn)); diff != "" {
		t.Errorf("invocations (-want +got):\n%s", diff)
	}
}

func tumbling(change ...func(*eventsource.Settings)) eventsource.Settings {
	return settings(append([]func(*eventsource.Settings){func(s *eventsource.Settings) { s.Tumbling = time.Minute }}, change...)...)
}

// Windows are those of the arrival; each has its state, handed on from invocation to invocation, and a last invocation
// without records. A time without records has none.
func TestTumblingWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, fn := newStreams("shard-0"), &fakeFunction{answer: counting}
		p := eventsource.Start(streams, fn, nil, tumbling(func(s *eventsource.Settings) { s.BatchSize = 2 }), nil)
		defer p.Stop()
		streams.put("shard-0", "a", "b", "c")
		time.Sleep(30 * time.Second)
		streams.put("shard-0", "d")
		time.Sleep(5 * time.Minute)
		streams.put("shard-0", "e")
		time.Sleep(time.Minute)
		wantLines(t, fn,
			"00:00-01:00 [a b] {}", `00:00-01:00 [c] {"n":2}`, `00:00-01:00 [d] {"n":3}`, `00:00-01:00 [] {"n":4} final`,
			"05:00-06:00 [e] {}", `05:00-06:00 [] {"n":1} final`)
		if c := fn.got()[0]; c.window.ShardID != "shard-0" || c.window.EventSourceARN != streamARN {
			t.Errorf("event of %s of %s, want shard-0 of %s", c.window.ShardID, c.window.EventSourceARN, streamARN)
		}
		if at := fn.got()[3].at; at.Minute() != 1 || at.Second() != 0 {
			t.Errorf("the window ended at %v, want at its end", at)
		}
	})
}

// Records of several windows that are there at once are cut at the windows' ends.
func TestTumblingWindowsOfThePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, fn := newStreams("shard-0"), &fakeFunction{answer: counting}
		for _, d := range []string{"a", "b", "c"} {
			streams.put("shard-0", d)
			time.Sleep(45 * time.Second)
		}
		p := eventsource.Start(streams, fn, nil, tumbling(), nil)
		defer p.Stop()
		synctest.Wait()
		wantLines(t, fn, "00:00-01:00 [a b] {}", `00:00-01:00 [] {"n":2} final`, "01:00-02:00 [c] {}", `01:00-02:00 [] {"n":1} final`)
	})
}

// A batching window that would last longer ends with the tumbling window.
func TestTumblingWindowEndsBatchingWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, fn := newStreams("shard-0"), &fakeFunction{answer: counting}
		p := eventsource.Start(streams, fn, nil, tumbling(func(s *eventsource.Settings) { s.Window = 5 * time.Minute }), nil)
		defer p.Stop()
		time.Sleep(50 * time.Second)
		streams.put("shard-0", "a")
		time.Sleep(11 * time.Second)
		wantLines(t, fn, "00:00-01:00 [a] {}", `00:00-01:00 [] {"n":1} final`)
	})
}

// An answer without state is a failed invocation; the state stays what it was, through retries, splits and records given
// up, and the last invocation of a window is repeated until it succeeds.
func TestTumblingWindowFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, dest, finals := newStreams("shard-0"), &fakeDestination{}, 0
		fn := &fakeFunction{answer: func(c call) (eventsource.Answer, error) {
			if slices.Contains(c.data, "bad") {
				return eventsource.Answer{Payload: []byte(`{}`)}, nil
			}
			if c.window.Final {
				if finals++; finals <= 3 {
					return fails()
				}
			}
			return counting(c)
		}}
		streams.put("shard-0", "a", "b", "bad", "d")
		p := eventsource.Start(streams, fn, dest, tumbling(func(s *eventsource.Settings) {
			s.Bisect, s.MaxRetries, s.OnFailure = true, 1, queueARN
		}), nil)
		time.Sleep(2 * time.Minute)
		p.Stop()
		wantLines(t, fn, "00:00-01:00 [a b bad d] {}", "00:00-01:00 [a b] {}", `00:00-01:00 [bad d] {"n":2}`, `00:00-01:00 [bad] {"n":2}`,
			`00:00-01:00 [bad] {"n":2}`, `00:00-01:00 [d] {"n":2}`, `00:00-01:00 [] {"n":3} final`, `00:00-01:00 [] {"n":3} final`,
			`00:00-01:00 [] {"n":3} final`, `00:00-01:00 [] {"n":3} final`)
		if n := len(dest.got()); n != 1 {
			t.Errorf("%d messages, want 1 of the bad record", n)
		}
	})
}

// Of a batch that succeeded in part the state counts, and the rest gets it.
func TestTumblingWindowPartialFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams := newStreams("shard-0")
		var failed atomic.Bool
		fn := &fakeFunction{answer: func(c call) (eventsource.Answer, error) {
			if len(c.data) == 3 && failed.CompareAndSwap(false, true) {
				return eventsource.Answer{Payload: fmt.Appendf(nil, `{"state":{"n":2},"batchItemFailures":[{"itemIdentifier":%q}]}`, c.seqs[2])}, nil
			}
			return counting(c)
		}}
		streams.put("shard-0", "a", "b", "c")
		p := eventsource.Start(streams, fn, nil, tumbling(func(s *eventsource.Settings) { s.PartialBatch = true }), nil)
		defer p.Stop()
		time.Sleep(2 * time.Minute)
		wantLines(t, fn, "00:00-01:00 [a b c] {}", `00:00-01:00 [c] {"n":2}`, `00:00-01:00 [] {"n":3} final`)
	})
}

// A state above 1 MB ends the window early; the same window goes on with a fresh one.
func TestTumblingWindowStateTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams := newStreams("shard-0")
		large := `{"x":"` + strings.Repeat("x", 1<<20) + `"}`
		fn := &fakeFunction{answer: func(c call) (eventsource.Answer, error) {
			if slices.Contains(c.data, "a") {
				return eventsource.Answer{Payload: []byte(`{"state":` + large + `}`)}, nil
			}
			return counting(c)
		}}
		streams.put("shard-0", "a", "b")
		p := eventsource.Start(streams, fn, nil, tumbling(func(s *eventsource.Settings) { s.BatchSize = 1 }), nil)
		defer p.Stop()
		time.Sleep(2 * time.Minute)
		got := lines(fn)
		for i := range got {
			got[i] = strings.ReplaceAll(got[i], large, "LARGE")
		}
		want := []string{"00:00-01:00 [a] {}", "00:00-01:00 [] LARGE early", "00:00-01:00 [b] {}", `00:00-01:00 [] {"n":1} final`}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// The end of a shard ends its window; the child has one of its own.
func TestTumblingWindowAtReshard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, fn := newStreams("shard-0"), &fakeFunction{answer: counting}
		p := eventsource.Start(streams, fn, nil, tumbling(), nil)
		defer p.Stop()
		streams.put("shard-0", "a")
		time.Sleep(10 * time.Second)
		streams.reshard([]string{"shard-0"}, "shard-1")
		streams.put("shard-1", "b")
		time.Sleep(time.Minute)
		wantLines(t, fn, "00:00-01:00 [a] {}", `00:00-01:00 [] {"n":1} final`, "00:00-01:00 [b] {}", `00:00-01:00 [] {"n":1} final`)
	})
}

// The state survives a stop; with windows of another length it is of no use.
func TestTumblingWindowGoesOn(t *testing.T) {
	for length, want := range map[time.Duration]string{
		time.Minute:     `00:00-01:00 [b] {"n":1}`,
		2 * time.Minute: `00:00-02:00 [b] {}`,
	} {
		t.Run(length.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				streams, fn := newStreams("shard-0"), &fakeFunction{answer: counting}
				streams.put("shard-0", "a")
				p := eventsource.Start(streams, fn, nil, tumbling(), nil)
				synctest.Wait()
				marks := p.Stop()
				streams.put("shard-0", "b")
				p = eventsource.Start(streams, fn, nil, tumbling(func(s *eventsource.Settings) { s.Tumbling = length }), marks)
				synctest.Wait()
				p.Stop()
				wantLines(t, fn, "00:00-01:00 [a] {}", want)
			})
		})
	}
}

// A bucket gets the whole event, with the window.
func TestTumblingWindowInPayload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, fn, dest := newStreams("shard-0"), &fakeFunction{answer: func(call) (eventsource.Answer, error) { return fails() }}, &fakeDestination{}
		streams.put("shard-0", "a")
		p := eventsource.Start(streams, fn, dest, tumbling(func(s *eventsource.Settings) { s.MaxRetries, s.OnFailure = 0, "arn:aws:s3:::failed" }), nil)
		synctest.Wait()
		p.Stop()
		if m := dest.got(); len(m) != 1 || !strings.Contains(string(m[0].Body), `"window":{"start":"2000-01-01T00:00:00Z","end":"2000-01-01T00:01:00Z"}`) {
			t.Errorf("messages %v, want one with the window", m)
		}
	})
}
