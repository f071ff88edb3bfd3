package autoscaling

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// series is a metric, by the minute. Guarded by Service.mu.
type series struct{ minutes map[int64]*minute }

// minute is what came of a metric in a minute.
type minute struct {
	sum, least, most float64
	count            int
}

func statistics() []string { return []string{"Average", "Sum", "Minimum", "Maximum", "SampleCount"} }

func (m *minute) value(statistic string) float64 {
	switch statistic {
	case "Sum":
		return m.sum
	case "Minimum":
		return m.least
	case "Maximum":
		return m.most
	case "SampleCount":
		return float64(m.count)
	default:
		return m.sum / float64(m.count)
	}
}

// seriesKey is the same for the same dimensions in another order.
func seriesKey(namespace, name string, dimensions []Dimension) string {
	parts := []string{}
	for _, d := range dimensions {
		parts = append(parts, d.Name+"\x01"+d.Value)
	}
	slices.Sort(parts)
	return strings.Join(append([]string{namespace, name}, parts...), "\x00")
}

func cpuKey(t Target) string {
	cluster, service := t.names()
	return seriesKey("AWS/ECS", "CPUUtilization", []Dimension{{"ClusterName", cluster}, {"ServiceName", service}})
}

// add adds a value of a metric; s.mu is held.
func (s *Service) add(key string, at time.Time, value float64) {
	of := s.series[key]
	if of == nil {
		if len(s.series) >= MaxSeries {
			return
		}
		of = &series{minutes: make(map[int64]*minute)}
		s.series[key] = of
	}
	n := at.Unix() / int64(period.Seconds())
	m := of.minutes[n]
	if m == nil {
		for old := range of.minutes {
			if old < n-lowPeriods-1 {
				delete(of.minutes, old)
			}
		}
		m = &minute{least: value, most: value}
		of.minutes[n] = m
	}
	m.sum, m.least, m.most = m.sum+value, min(m.least, value), max(m.most, value)
	m.count++
}

// embedded is a line of the embedded metric format.
type embedded struct {
	AWS *struct {
		Timestamp         int64
		CloudWatchMetrics []struct {
			Namespace  string
			Dimensions [][]string
			Metrics    []struct{ Name string }
		}
	} `json:"_aws"`
}

// Read takes the metrics out of a line of a log, if it has some.
func (s *Service) Read(line string) {
	if len(line) > maxLineBytes || !strings.HasPrefix(line, "{") || !strings.Contains(line, `"_aws"`) {
		return
	}
	var head embedded
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(line), &head) != nil || json.Unmarshal([]byte(line), &members) != nil || head.AWS == nil {
		return // it is no metric, but an application's own line
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, directive := range head.AWS.CloudWatchMetrics {
		for _, names := range directive.Dimensions {
			var dimensions []Dimension
			for _, name := range names {
				var value string
				_ = json.Unmarshal(members[name], &value) // one that is no text is empty
				dimensions = append(dimensions, Dimension{name, value})
			}
			for _, m := range directive.Metrics {
				var value float64
				if json.Unmarshal(members[m.Name], &value) == nil {
					s.add(seriesKey(directive.Namespace, m.Name, dimensions), time.Now(), value)
				}
			}
		}
	}
}

// latest are the values of the last whole minutes, the latest first; ok is false where one is missing. s.mu is held.
func (s *Service) latest(p *policy, now time.Time, minutes int) (values []float64, ok bool) {
	of := s.series[p.metric]
	if of == nil {
		return nil, false
	}
	this := now.Unix() / int64(period.Seconds())
	for i := range int64(minutes) {
		m := of.minutes[this-1-i]
		if m == nil {
			return nil, false
		}
		values = append(values, m.value(p.statistic))
	}
	return values, true
}
