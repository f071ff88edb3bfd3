package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/spillway/spillway/pkg/fanout"
	"github.com/spillway/spillway/pkg/gateway"
)

// TestEMF: what is open is written as it is, what counts up as what came since.
func TestEMF(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		streams := prometheus.NewGauge(prometheus.GaugeOpts{Name: "spillway_streams"})
		gaps := prometheus.NewCounter(prometheus.CounterOpts{Name: "spillway_gaps_total"})
		reg.MustRegister(streams, gaps)
		streams.Set(7)
		gaps.Add(3)
		var out bytes.Buffer
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- newEMF(reg, &out, "s").run(ctx) }()
		time.Sleep(metricsInterval)
		synctest.Wait()
		gaps.Add(2)
		time.Sleep(metricsInterval)
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		var got []map[string]any
		for line := range bytes.Lines(out.Bytes()) {
			var m map[string]any
			if err := json.Unmarshal(line, &m); err != nil {
				t.Fatal(err)
			}
			delete(m["_aws"].(map[string]any), "Timestamp")
			got = append(got, m)
		}
		header := map[string]any{"CloudWatchMetrics": []any{map[string]any{
			"Namespace": "Spillway", "Dimensions": []any{[]any{"Service"}},
			"Metrics": []any{map[string]any{"Name": "ActiveStreams", "Unit": "Count"}, map[string]any{"Name": "Gaps", "Unit": "Count"}},
		}}}
		want := []map[string]any{
			{"_aws": header, "Service": "s", "ActiveStreams": 7.0, "Gaps": 3.0},
			{"_aws": header, "Service": "s", "ActiveStreams": 7.0, "Gaps": 2.0},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// TestEMFKnowsItsMetrics: a metric that was renamed would be missing in silence.
func TestEMFKnowsItsMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	gateway.NewMetrics(reg)
	fanout.NewMetrics(reg)
	var out bytes.Buffer
	if err := newEMF(reg, &out, "s").write(time.Now()); err != nil {
		t.Fatal(err)
	}
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	for _, w := range written() {
		if _, ok := line[w.name]; !ok {
			t.Errorf("%s: no metric %s", w.name, w.from)
		}
	}
}
