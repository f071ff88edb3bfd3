package inert

import (
	"encoding/json"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// maxWatchName is CloudWatch's longest name of an alarm or a dashboard.
const maxWatchName = 255

func watchKinds() map[string]kind {
	return map[string]kind{
		"AWS::CloudWatch::Alarm": {check: checkAlarm, make: func(a *Account, r cloudformation.Request) (made, error) {
			name := nameOr(r, "AlarmName", maxWatchName)
			return made{id: name, attributes: map[string]any{"Arn": a.arn("cloudwatch", "alarm:"+name)}}, nil
		}},
		"AWS::CloudWatch::Dashboard": {check: checkDashboard, make: func(_ *Account, r cloudformation.Request) (made, error) {
			return made{id: nameOr(r, "DashboardName", maxWatchName), attributes: map[string]any{}}, nil
		}},
	}
}

// checkAlarm wants an alarm to be about one metric or an expression, as PutMetricAlarm does.
func checkAlarm(_ *Account, r cloudformation.Request) error {
	metrics, _ := r.Properties["Metrics"].([]any)
	switch name := text(r.Properties, "MetricName"); {
	case name == "" && len(metrics) == 0:
		return invalid("MetricName, Metrics or EvaluationCriteria is required")
	case name != "" && len(metrics) > 0:
		return invalid("Metrics list and MetricName cannot be both specified")
	}
	return nil
}

// checkDashboard wants JSON with widgets, as PutDashboard does.
func checkDashboard(_ *Account, r cloudformation.Request) error {
	var body struct {
		Widgets []struct{ Type string } `json:"widgets"`
	}
	if err := json.Unmarshal([]byte(text(r.Properties, "DashboardBody")), &body); err != nil {
		return invalid("The field DashboardBody must be a valid JSON object: %v", err)
	}
	for i, w := range body.Widgets {
		if w.Type == "" {
			return invalid(`The dashboard body is invalid, there are validation errors: [{"dataPath":"/widgets/%d","message":"Should have required property 'type'"}]`, i)
		}
	}
	return nil
}
