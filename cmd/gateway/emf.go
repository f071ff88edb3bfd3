package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

const (
	// metricsNamespace is the CloudWatch namespace of the metrics; the consumer writes to it, too.
	metricsNamespace = "Spillway"
	// metricsInterval is CloudWatch's own finest for alarms and scaling.
	metricsInterval = time.Minute
)

// source is what a metric is taken from, by its name for Prometheus.
type source struct{ name, from, unit string }

// written are the metrics that a service is scaled and watched by, of all that there are.
// What counts up is written as how much it did since the last line.
func written() []source {
	return []source{
		{"ActiveStreams", "spillway_streams", "Count"},
		{"Connections", "spillway_connections", "Count"},
		{"RefusedConnections", "spillway_refused_connections_total", "Count"},
		{"DeliveredEvents", "spillway_delivered_events_total", "Count"},
		{"Gaps", "spillway_gaps_total", "Count"},
		{"ReadErrors", "spillway_tail_read_errors_total", "Count"},
		{"UnreadableLanes", "spillway_unreadable_lanes", "Count"},
		{"LogHeldBytes", "spillway_log_held_bytes", "Bytes"},
		{"LogReachSeconds", "spillway_log_reach_seconds", "Seconds"},
		{"CertificateEnd", "spillway_certificate_not_after_seconds", "Seconds"},
	}
}

// emf writes metrics as lines of CloudWatch's embedded metric format
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html),
// of which CloudWatch Logs makes metrics: there is no agent, no call and no permission
// beside those of logging.
type emf struct {
	from    prometheus.Gatherer
	to      io.Writer
	service string
	counts  map[string]float64 // of what counts up, at the last line
}

func newEMF(from prometheus.Gatherer, to io.Writer, service string) *emf {
	return &emf{from: from, to: to, service: service, counts: map[string]float64{}}
}

// run writes a line every metricsInterval until ctx ends; none without a service.
func (e *emf) run(ctx context.Context) error {
	if e.service == "" {
		return nil
	}
	tick := time.NewTicker(metricsInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-tick.C:
			if err := e.write(now); err != nil {
				return fmt.Errorf("write metrics: %w", err)
			}
		}
	}
}

func (e *emf) write(now time.Time) error {
	families, err := e.from.Gather()
	if err != nil {
		return err
	}
	byName := map[string]*dto.MetricFamily{}
	for _, f := range families {
		byName[f.GetName()] = f
	}
	type metric struct{ Name, Unit string }
	var metrics []metric
	line := map[string]any{"Service": e.service}
	for _, w := range written() {
		family := byName[w.from]
		if len(family.GetMetric()) != 1 {
			continue // it is not there, as with a log that was not read yet
		}
		line[w.name] = e.value(w.from, family.GetMetric()[0])
		metrics = append(metrics, metric{w.name, w.unit})
	}
	line["_aws"] = map[string]any{
		"Timestamp": now.UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace": metricsNamespace, "Dimensions": [][]string{{"Service"}}, "Metrics": metrics,
		}},
	}
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = e.to.Write(append(text, '\n'))
	return err
}

func (e *emf) value(name string, m *dto.Metric) float64 {
	if m.Counter == nil {
		return m.GetGauge().GetValue()
	}
	total := m.GetCounter().GetValue()
	since := total - e.counts[name]
	e.counts[name] = total
	return since
}
