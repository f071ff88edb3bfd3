package templates

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strconv"
)

// written are the names of the metrics that gateway and consumer write, from their sources.
func written(path string) []string {
	source, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	var out []string
	for _, m := range regexp.MustCompile(`\{"([A-Z][A-Za-z]+)", "`).FindAllSubmatch(source, -1) {
		out = append(out, string(m[1]))
	}
	return out
}

func scaledByWhatIsMeasured(s *scenario) []string {
	var c complaints
	gateway, consumer := written("../cmd/gateway/emf.go"), written("../pkg/ingest/metrics.go")
	measured := func(id string, m any) {
		if text(at(m, "Namespace")) != "Spillway" {
			return
		}
		by := map[string][]string{"Service": gateway, "Stream": consumer}[text(at(m, "Dimensions", 0, "Name"))]
		if !slices.Contains(by, text(at(m, "MetricName"))) {
			c.add("%s: nobody writes %v by %v", id, at(m, "MetricName"), at(m, "Dimensions"))
		}
	}
	for id, r := range s.Of("AWS::CloudWatch::Alarm") {
		measured(id, r.Properties)
		for _, m := range list(r.At("Metrics")) {
			measured(id, at(m, "MetricStat", "Metric"))
		}
	}
	for id, r := range s.Of("AWS::CloudWatch::Dashboard") {
		for _, m := range regexp.MustCompile(`\["Spillway", "(\w+)", "(\w+)"`).FindAllStringSubmatch(text(r.At("DashboardBody")), -1) {
			measured(id, map[string]any{"Namespace": "Spillway", "MetricName": m[1], "Dimensions": []any{map[string]any{"Name": m[2]}}})
		}
	}
	policies := s.Of("AWS::ApplicationAutoScaling::ScalingPolicy")
	for id, r := range policies {
		tracking := r.At("TargetTrackingScalingPolicyConfiguration")
		measured(id, at(tracking, "CustomizedMetricSpecification"))
		if seconds, _ := strconv.Atoi(text(at(tracking, "ScaleInCooldown"))); seconds < 600 {
			c.add("%s: scales in after %d s, and moves streams each time", id, seconds)
		}
	}
	if gateway := container(s); gateway != nil {
		m := s.Resources["ScalingByStreams"].At("TargetTrackingScalingPolicyConfiguration", "CustomizedMetricSpecification")
		if service := named(gateway["Environment"])["SPILLWAY_METRICS_SERVICE"]; service == "" || service != named(at(m, "Dimensions"))["Service"] || at(m, "Statistic") != "Average" {
			c.add("scaled by %v, but the gateway writes for %q", m, service)
		}
	}
	return c
}

func alarmsTell(s *scenario) []string {
	var c complaints
	want := text(s.Parameters["AlarmTopicArn"])
	for id, r := range s.Of("AWS::CloudWatch::Alarm") {
		for _, actions := range []string{"AlarmActions", "OKActions"} {
			if got := text(at(r.Properties, actions, 0)); got != want {
				c.add("%s: %s %q, want %q", id, actions, got, want)
			}
		}
		if r.At("TreatMissingData") == nil {
			c.add("%s: does not say what silence means", id)
		}
	}
	return c
}

func dashboardIsJSON(s *scenario) []string {
	var c complaints
	for id, r := range s.Of("AWS::CloudWatch::Dashboard") {
		var body struct{ Widgets []map[string]any }
		if err := json.Unmarshal([]byte(text(r.At("DashboardBody"))), &body); err != nil || len(body.Widgets) == 0 {
			c.add("%s: %d widgets, %v", id, len(body.Widgets), err)
		}
	}
	return c
}
