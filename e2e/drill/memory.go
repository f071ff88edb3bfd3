package main

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/spillway/spillway/e2e/ground"
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

// metrics reads a gateway's metrics, by their names with labels.
func metrics(ctx context.Context, gw *ground.Gateway) (map[string]float64, error) {
	text, err := gw.Get(ctx, "/metrics")
	if err != nil {
		return nil, err
	}
	values := map[string]float64{}
	for line := range bytes.Lines(text) {
		name, value, ok := bytes.Cut(bytes.TrimSpace(line), []byte{' '})
		if !ok || name[0] == '#' {
			continue
		}
		if f, err := strconv.ParseFloat(string(value), 64); err == nil {
			values[string(name)] = f
		}
	}
	return values, nil
}

// sample is a gateway's metrics at one moment.
type sample struct {
	at     time.Time
	values map[string]float64
}

// watch collects a gateway's metrics over time. Its methods may be called
// concurrently.
type watch struct {
	gw *ground.Gateway

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
	values, err := metrics(ctx, w.gw)
	if err != nil {
		return err
	}
	s := sample{time.Now(), values}
	for _, name := range []string{metricRSS, metricHeap, metricGoal, metricCPU, metricReplayed, metricOverruns} {
		if _, ok := s.values[name]; !ok {
			return fmt.Errorf("%s has no metric %s", w.gw.Name, name)
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
