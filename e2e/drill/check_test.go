package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/spillway/spillway/e2e/latency"
)

// TestDrainedCheck: every promise of a drain can break.
func TestDrainedCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		spoil func(*drained)
		want  string // empty: nothing is wrong
	}{
		{"fine", func(*drained) {}, ""},
		{"lost", func(d *drained) { d.got.lost = 1 }, "1 events lost"},
		{"gap", func(d *drained) { d.got.gaps = 2 }, "2 gaps told"},
		{"it stays", func(d *drained) { d.left = false }, "ended: false"},
		{"it crashes", func(d *drained) { d.exit = errors.New("exit status 2") }, "exit status 2"},
		{"late", func(d *drained) { d.took = d.window + grace + 1 }, "want within 20s"},
		{"a herd", func(d *drained) { d.returns = make([]time.Duration, 30) }, "30 of 30 streams came back in tenth 1 "},
		{"after the window", func(d *drained) {
			for i := range d.returns {
				d.returns[i] += d.window
			}
		}, "came back in tenth 11 "},
		{"one moves twice", func(d *drained) { d.moves = map[int]int{1: 29, 2: 1} }, "want all 30 of them once"},
		{"cut", func(d *drained) { d.partings = map[codes.Code]int{codes.Unavailable: 29, codes.Internal: 1} }, "want 30 UNAVAILABLE"},
		{"race", func(d *drained) { d.raced = errors.New("data race in gateway") }, "data race"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			const streams = 30
			d := &drained{
				streams: streams, window: 10 * time.Second, left: true, took: 10 * time.Second,
				partings: map[codes.Code]int{codes.Unavailable: streams}, moves: map[int]int{1: streams},
			}
			for i := range streams {
				d.returns = append(d.returns, time.Duration(i)*d.window/streams)
			}
			tt.spoil(d)
			wantSays(t, d.check(), tt.want)
		})
	}
}

// TestSleptCheck: every promise about sleepers can break.
func TestSleptCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		spoil func(*slept)
		want  string
	}{
		{"fine", func(*slept) {}, ""},
		{"lost by others", func(d *slept) { d.others.lost = 1 }, "those who read: 1 events lost"},
		{"twice to the loop", func(d *slept) { d.loop.duplicated = 1 }, "loop: 1 events duplicated"},
		{"disorder in the program", func(d *slept) { d.program.disordered = 1 }, "program: 1 events out of order"},
		{"awake", func(d *slept) { d.dreamt[1] = 500 }, "did not sleep"},
		{"never level", func(d *slept) { d.levelProgram = 0 }, "not caught up"},
		{"others cut", func(d *slept) { d.othersPartings = 1 }, "disconnected 1 times"},
		{"not ended", func(d *slept) { d.loopPartings = nil }, "want ABORTED"},
		{"no replay", func(d *slept) { d.setMetric("after", metricReplayed, 0) }, "never fell behind"},
		{"heap", func(d *slept) { d.setMetric("asleep", metricGoal, 500e6) }, "go_memstats_next_gc_bytes grew"},
		{"resident", func(d *slept) { d.setMetric("asleep", metricRSS, 500e6) }, "process_resident_memory_bytes grew"},
		{"unwatched", func(d *slept) { d.memory.samples = nil }, "too few samples"},
		{"held up", func(d *slept) { d.took.slices[1] = d.took.slices[3] }, "times what it should be"},
		{"nothing for others", func(d *slept) { d.took.slices = nil }, "got nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := fineSleep()
			tt.spoil(d)
			wantSays(t, d.check(), tt.want)
		})
	}
}

// fineSleep is a run of three phases of a minute in which nothing went wrong.
func fineSleep() *slept {
	begin := time.Now()
	d := &slept{
		settings: settings{Sleep: time.Minute, Stall: 10 * time.Second}, memory: &watch{},
		took: newLatencies(begin, time.Minute), calm: newLatencies(begin, time.Minute),
		backlogBytes: 300e6, backlogEvents: 1000, levelLoop: 1, levelProgram: 1, loopPartings: []parting{{why: codes.Aborted}},
	}
	from := d.took.begin
	for _, name := range []string{"before", "asleep", "after"} {
		s := span{name, from, from.Add(time.Minute)}
		d.spans = append(d.spans, s)
		for i := range leastSamples {
			at := s.from.Add(time.Duration(i) * time.Second)
			d.memory.samples = append(d.memory.samples, sample{at, map[string]float64{metricGoal: 20e6, metricRSS: 30e6}})
		}
		from = s.to
	}
	d.setMetric("after", metricReplayed, 1000)
	for i := range 3 {
		d.took.merge(i, single(time.Millisecond))
		d.calm.merge(i, single(time.Millisecond))
	}
	d.took.merge(3, single(time.Second)) // after all phases
	return d
}

func (d *slept) setMetric(phase, name string, value float64) {
	s := d.phase(phase)
	for _, look := range d.memory.between(s.from, s.to) {
		look.values[name] = value
	}
}

func single(took time.Duration) *latency.Histogram {
	var h latency.Histogram
	h.Add(took)
	return &h
}

func wantSays(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("check = %v, want nothing", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("check = %v, want it to say %q", err, want)
	}
}
