package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	s, err := load([]string{"BENCH_ONLY=fanout,idle", "BENCH_WINDOW=1s", "BENCH_OUT=here", "OTHER=x"})
	if err != nil {
		t.Fatal(err)
	}
	want := settings{
		Only: []string{"fanout", "idle"}, Rounds: 3, Warm: 2 * time.Second, Window: time.Second, Subscribers: 1000, Bytes: 200, InFlight: 2048,
		Rate: 1000, Idle: 1000, Replay: 1_000_000, Topics: 1_000_000, Views: 10_000, Out: "here",
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
}

func TestLoadTellsMistakes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		environ []string
		want    []string
	}{
		{"values", []string{"BENCH_ROUNDS=0", "BENCH_WINDOW=1ms", "BENCH_BYTES=x", "BENCH_INFLIGHT=1"},
			[]string{"BENCH_ROUNDS: is 0: want 1 to", "BENCH_WINDOW: is 1ms", "BENCH_BYTES", "BENCH_INFLIGHT: is 1: want 1000"}},
		{"no such part", []string{"BENCH_ONLY=fanout,rain"}, []string{`BENCH_ONLY: "rain" is no part: want some of fanout, small`}},
		{"misspelt", []string{"BENCH_ROUND=1"}, []string{"unknown variables: BENCH_ROUND"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(tt.environ)
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("load = %v, want it to say %q", err, want)
				}
			}
		})
	}
}
