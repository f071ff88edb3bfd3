package main

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestPaceDue(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		pace     pace
		elapsed  time.Duration
		fed, got int64
		want     int64
	}{
		{"rate", pace{Rate: 100, Batch: 10}, 2 * time.Second, 150, 0, 50},
		{"ahead", pace{Rate: 100, Batch: 10}, time.Second, 100, 0, 0},
		{"room", pace{InFlight: 1000, Batch: 100}, 0, 5000, 4500, 500},
		{"no room for a batch", pace{InFlight: 1000, Batch: 100}, 0, 5000, 4099, 0},
		{"as fast as it goes", pace{Events: 500, Batch: 100}, 0, 450, 0, 50},
	}
	for _, tt := range tests {
		if got := tt.pace.due(tt.elapsed, tt.fed, tt.got); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestPaceTick(t *testing.T) {
	t.Parallel()
	if got := (pace{Rate: 50, Batch: 1}).tick(); got != 20*time.Millisecond {
		t.Errorf("50 a second, one by one: every %s", got)
	}
	if got := (pace{InFlight: 1, Batch: 1}).tick(); got != shortestTick {
		t.Errorf("by feedback: every %s", got)
	}
}

func TestFeederRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var largest, calls atomic.Int64
		f := &feeder{feed: func(_ context.Context, count int) error {
			largest.Store(max(largest.Load(), int64(count)))
			calls.Add(1)
			return nil
		}}
		ask := func(do string, args any) fedSoFar {
			raw, err := json.Marshal(args)
			if err != nil {
				t.Fatal(err)
			}
			got, err := f.handle(t.Context(), do, raw)
			if err != nil {
				t.Fatal(err)
			}
			fed, _ := got.(fedSoFar)
			return fed
		}
		ask("start", pace{Rate: 1000, Batch: 20})
		time.Sleep(2010 * time.Millisecond)
		if got := ask("stop", nil).Events; got != 2000 {
			t.Errorf("fed %d in two seconds, want 2000", got)
		}
		if n := calls.Load(); largest.Load() != 20 || n > 105 { // what is due is rounded down
			t.Errorf("%d batches, the largest of %d, want about 100 of 20", calls.Load(), largest.Load())
		}
	})
}

func TestFeederFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		f := &feeder{feed: func(context.Context, int) error { return broken }}
		if _, err := f.handle(t.Context(), "start", []byte(`{"Events":1,"Batch":1}`)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if _, err := f.handle(t.Context(), "stop", nil); !errors.Is(err, broken) {
			t.Errorf("stop = %v, want what failed", err)
		}
	})
}
