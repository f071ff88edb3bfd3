package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// sampleEvery is how often a gateway's metrics are looked at.
const sampleEvery = time.Second

// The metrics that are looked at.
const (
	metricRSS      = "process_resident_memory_bytes"
	metricHeap     = "go_memstats_heap_alloc_bytes"
	metricGoal     = "go_memstats_next_gc_bytes" // about twice what was alive at the last collection
	metricCPU      = "process_cpu_seconds_total"
	metricReplayed = "spillway_replayed_entries_total"
	metricOverruns = "spillway_ring_overruns_total"
	metricRefused  = "spillway_refused_connections_total"
	// metricUnauthenticated has a label.
	metricUnauthenticated = "spillway_unauthenticated_calls_total{"
)

// sample is a gateway's metrics at one moment.
type sample struct {
	at     time.Time
	values map[string]float64
}

// watch collects a gateway's metrics over time. Its methods may be called
// concurrently.
type watch struct {
	gw *gateway

	mu      sync.Mutex // guards what follows
	samples []sample
	missed  []error // looks that failed, as on a machine that is short of everything
}

// run samples until ctx ends.
func (w *watch) run(ctx context.Context) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			w.miss(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (w *watch) miss(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.missed = append(w.missed, err)
}

func (w *watch) look(ctx context.Context) error {
	values, err := w.gw.metrics(ctx)
	if err != nil {
		return err
	}
	s := sample{time.Now(), values}
	for _, name := range []string{metricRSS, metricHeap, metricGoal, metricCPU, metricReplayed, metricOverruns} {
		if _, ok := s.values[name]; !ok {
			return fmt.Errorf("%s has no metric %s", w.gw.name, name)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.samples = append(w.samples, s)
	return nil
}

// between returns the samples of a time.
func (w *watch) between(from, to time.Time) []sample {
	w.mu.Lock()
	defer w.mu.Unlock()
	var some []sample
	for _, s := range w.samples {
		if !s.at.Before(from) && s.at.Before(to) {
			some = append(some, s)
		}
	}
	return some
}

// highest returns the highest value of a metric.
func highest(samples []sample, name string) float64 {
	var most float64
	for _, s := range samples {
		most = max(most, s.values[name])
	}
	return most
}

// grown returns by how much a metric is higher at the end than at the beginning.
func grown(samples []sample, name string) float64 {
	if len(samples) == 0 {
		return 0
	}
	return samples[len(samples)-1].values[name] - samples[0].values[name]
}
