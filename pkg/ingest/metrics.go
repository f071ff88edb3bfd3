package ingest

import (
	"encoding/json"
	"io"
	"time"
)

// MetricsNamespace is the CloudWatch namespace of the metrics.
const MetricsNamespace = "Spillway"

// Metrics is what a batch of one shard is measured by. It is written as one line
// of CloudWatch's embedded metric format
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html),
// which CloudWatch Logs turns into metrics of the namespace Spillway with the
// dimension Stream: no agent and no API call is needed.
type Metrics struct {
	Stream   string        // the Kinesis stream
	Records  int           // Kinesis records in the batch
	Events   int           // events appended to the log now
	Unrouted int           // of the batch's events, those without a valid topic; a retry counts them again
	Skipped  int           // events that an earlier attempt had appended
	Bytes    int           // bytes of encoded events handed to the log
	Failures int           // 1 if not all of the batch got through, else 0
	Lag      time.Duration // from the arrival of the oldest record to the end of the batch
}

type emfLine struct {
	AWS      emfHeader `json:"_aws"`
	Stream   string
	Records  int
	Events   int
	Unrouted int
	Skipped  int
	Bytes    int
	Failures int
	Lag      int64
}

type emfHeader struct {
	Timestamp         int64 // milliseconds since 1970
	CloudWatchMetrics []emfDirective
}

type emfDirective struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []emfMetric
}

type emfMetric struct{ Name, Unit string }

// write writes m as one line.
func (m Metrics) write(w io.Writer) error {
	line, err := json.Marshal(emfLine{
		AWS: emfHeader{
			Timestamp: time.Now().UnixMilli(),
			CloudWatchMetrics: []emfDirective{{
				Namespace:  MetricsNamespace,
				Dimensions: [][]string{{"Stream"}},
				Metrics: []emfMetric{
					{"Records", "Count"}, {"Events", "Count"}, {"Unrouted", "Count"}, {"Skipped", "Count"},
					{"Bytes", "Bytes"}, {"Failures", "Count"}, {"Lag", "Milliseconds"},
				},
			}},
		},
		Stream: m.Stream, Records: m.Records, Events: m.Events, Unrouted: m.Unrouted, Skipped: m.Skipped,
		Bytes: m.Bytes, Failures: m.Failures, Lag: m.Lag.Milliseconds(),
	})
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}
