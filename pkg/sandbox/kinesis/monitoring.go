package kinesis

import (
	"context"
	"slices"
	"time"
)

// allMetrics stands for every metric in a request.
const allMetrics = "ALL"

// metricNames are the shard-level metrics, in the order of the developer guide.
func metricNames() []string {
	return []string{
		"IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords",
		"WriteProvisionedThroughputExceeded", "ReadProvisionedThroughputExceeded", "IteratorAgeMilliseconds",
	}
}

// EnhancedMonitoringInput is the input of EnableEnhancedMonitoring and DisableEnhancedMonitoring.
type EnhancedMonitoringInput struct {
	StreamName, StreamARN string
	ShardLevelMetrics     []string
}

// EnhancedMonitoringOutput is the output of EnableEnhancedMonitoring and DisableEnhancedMonitoring.
type EnhancedMonitoringOutput struct {
	StreamName               string
	CurrentShardLevelMetrics []string
	DesiredShardLevelMetrics []string
	StreamARN                string
}

// enableEnhancedMonitoring switches shard-level metrics on. None are published: the stream only remembers them.
func (s *Service) enableEnhancedMonitoring(_ context.Context, in EnhancedMonitoringInput) (EnhancedMonitoringOutput, error) {
	return s.setMetrics(in, func(had, asked bool) bool { return had || asked })
}

// disableEnhancedMonitoring switches shard-level metrics off.
func (s *Service) disableEnhancedMonitoring(_ context.Context, in EnhancedMonitoringInput) (EnhancedMonitoringOutput, error) {
	return s.setMetrics(in, func(had, asked bool) bool { return had && !asked })
}

func (s *Service) setMetrics(in EnhancedMonitoringInput, keep func(had, asked bool) bool) (EnhancedMonitoringOutput, error) {
	var out EnhancedMonitoringOutput
	err := s.change(in.StreamName, in.StreamARN, func(st *stream, now time.Time) (streamState, error) {
		next, err := s.begin(st, StatusUpdating, now)
		if err != nil {
			return streamState{}, err
		}
		had := next.metricNames()
		next.metrics = nil
		for _, name := range metricNames() {
			asked := slices.Contains(in.ShardLevelMetrics, name) || slices.Contains(in.ShardLevelMetrics, allMetrics)
			if keep(slices.Contains(had, name), asked) {
				next.metrics = append(next.metrics, name)
			}
		}
		out = EnhancedMonitoringOutput{st.name, had, next.metricNames(), st.arn}
		return next, nil
	})
	return out, err
}

// metricNames gives the metrics that are switched on, never nil.
func (t *streamState) metricNames() []string { return append([]string{}, t.metrics...) }
