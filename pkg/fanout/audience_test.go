package fanout

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spillway/spillway/pkg/eventlog"
)

// crowd counts who is at something at a time.
type crowd struct {
	mu        sync.Mutex
	now, most int
}

func (c *crowd) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += n
	c.most = max(c.most, c.now)
}

// TestTurns: how much of a second those have of turns who never stop, whether somebody is live or not.
func TestTurns(t *testing.T) {
	const workers = 10
	for _, test := range []struct {
		name       string
		live       bool
		processors int
		use        time.Duration
		want       time.Duration // that they have in a second, all together
		most       int           // at a time
	}{
		{"alone", false, 2, time.Millisecond, workers * time.Second, workers},
		{"beside live ones", true, 2, time.Millisecond, time.Second / 2, 1},
		{"short uses", true, 2, 50 * time.Microsecond, time.Second / 2, 1},
		{"one processor", true, 1, time.Millisecond, time.Second / 4, 1},
		{"four processors", true, 4, time.Millisecond, time.Second, 1},
		{"many processors", true, 16, time.Millisecond, 4 * time.Second, 4},
		// Every 2*longestTurn begins another.
		{"uses that wait for others", true, 2, 20 * longestTurn, workers * time.Second, workers},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAudience(test.processors)
				if test.live {
					a.all.Store(1)
				}
				time.Sleep(time.Hour) // of the bubble's clock
				var used atomic.Int64
				var at crowd
				var running sync.WaitGroup
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				for range workers {
					running.Go(func() {
						for ctx.Err() == nil {
							turn := a.turn(ctx)
							if ctx.Err() != nil {
								return
							}
							at.add(1)
							time.Sleep(test.use)
							used.Add(int64(test.use))
							at.add(-1)
							turn.end()
						}
					})
				}
				running.Wait()
				if got := time.Duration(used.Load()); got < test.want*9/10 || got > test.want*11/10 {
					t.Errorf("used for %s of a second, want %s", got, test.want)
				}
				if at.most != test.most {
					t.Errorf("%d at a time, want %d", at.most, test.most)
				}
			})
		})
	}
}

// TestStandBack: who replays waits until nothing is due for those who are live, but not for ever, and not for nobody.
func TestStandBack(t *testing.T) {
	for _, test := range []struct {
		name  string
		live  bool
		every time.Duration // something is due
		times int
		want  time.Duration
	}{
		{"nothing is due", true, 0, 0, 0},
		{"something was due", true, time.Millisecond, 1, calmAfter},
		{"again", true, calmAfter / 3, 3, calmAfter/3*2 + calmAfter},
		{"without end", true, calmAfter / 3, 100, standBack},
		{"nobody is live", false, time.Millisecond, 100, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAudience(2)
				if test.live {
					a.all.Store(1)
				}
				time.Sleep(time.Hour)
				done := make(chan time.Duration)
				for n := range test.times {
					if n == 0 {
						a.due()
					} else {
						time.AfterFunc(time.Duration(n)*test.every, a.due)
					}
				}
				go func() {
					begin := time.Now()
					a.calm(t.Context())
					done <- time.Since(begin)
				}()
				if got := <-done; got != min(test.want, standBack) {
					t.Errorf("stood back for %s, want %s", got, min(test.want, standBack))
				}
			})
		})
	}
}

// costlyLog is a log that takes its time to answer.
type costlyLog struct {
	*memLog
	cost time.Duration
	at   crowd
	read atomic.Int64 // times
}

func (l *costlyLog) Read(ctx context.Context, epoch string, queries []eventlog.Query) []eventlog.Page {
	l.at.add(1)
	time.Sleep(l.cost)
	l.at.add(-1)
	l.read.Add(1)
	return l.memLog.Read(ctx, epoch, queries)
}

// TestReplaysBesideLive: many who replay all come to the end; if somebody is live, then in as
// little of the time as they may have, and else in no more than it takes.
func TestReplaysBesideLive(t *testing.T) {
	const replays, entries = 50, 1000
	for _, live := range []bool{false, true} {
		t.Run(map[bool]string{false: "alone", true: "beside a live one"}[live], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &costlyLog{memLog: newMemLog(1), cost: 2 * time.Millisecond}
				for range entries {
					l.append("a")
				}
				h := NewHub(l, Config{Sealer: testSealer})
				step(t, h)
				if live {
					subscribe(t, h, Start{}, "a")
				}
				var all []*Subscription
				for range replays {
					all = append(all, subscribe(t, h, Start{Earliest: true}, "a"))
				}
				l.read.Store(0)
				begin := time.Now()
				var running sync.WaitGroup
				for _, s := range all {
					running.Go(func() {
						defer s.Close() // before it counts as live
						for got := 0; got < entries; {
							b, _, err := s.Next(t.Context(), 1<<20)
							if err != nil {
								t.Errorf("after %d of %d events: %v", got, entries, err)
								return
							}
							got += b.Count
						}
					})
				}
				running.Wait()
				took, used := time.Since(begin), time.Duration(l.read.Load())*l.cost
				turns := float64(maxReplays)
				if live {
					turns = min(turns, replayShare*float64(runtime.GOMAXPROCS(0)))
				}
				if l.at.most > int(math.Ceil(turns)) {
					t.Errorf("%d read at a time, want at most %v", l.at.most, turns)
				}
				want := time.Duration(float64(used) / turns)
				if took < want*9/10 || took > want*11/10+10*time.Millisecond {
					t.Errorf("reads of %s took %s, want %s", used, took, want)
				}
			})
		})
	}
}
