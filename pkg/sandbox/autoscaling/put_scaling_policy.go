package autoscaling

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// policy is a scaling policy. Guarded by Service.mu.
type policy struct {
	Policy
	metric    string // the key of its series
	statistic string
}

// Policy is what the API shows of a policy.
type Policy struct {
	PolicyARN  string
	PolicyName string
	Target
	PolicyType                               string
	TargetTrackingScalingPolicyConfiguration TargetTracking
	Alarms                                   []Alarm
	CreationTime                             Time
}

// Alarm names an alarm of a policy.
type Alarm struct{ AlarmName, AlarmARN string }

// TargetTracking says what metric is to have what value. Cooldowns are in seconds.
type TargetTracking struct {
	TargetValue                   float64
	PredefinedMetricSpecification *PredefinedMetric `json:",omitempty"`
	CustomizedMetricSpecification *CustomizedMetric `json:",omitempty"`
	ScaleOutCooldown              *int              `json:",omitempty"`
	ScaleInCooldown               *int              `json:",omitempty"`
	DisableScaleIn                bool
}

// PredefinedMetric names a metric of AWS.
type PredefinedMetric struct{ PredefinedMetricType string }

// CustomizedMetric names a metric.
type CustomizedMetric struct {
	MetricName string
	Namespace  string
	Dimensions []Dimension
	Statistic  string
	Unit       string `json:",omitempty"`
}

// Dimension is one of those of a metric.
type Dimension struct{ Name, Value string }

// PutScalingPolicyInput is a policy of a target.
type PutScalingPolicyInput struct {
	PolicyName string
	Target
	PolicyType                               string
	TargetTrackingScalingPolicyConfiguration *TargetTracking
}

// PutScalingPolicyOutput names the policy and its alarms.
type PutScalingPolicyOutput struct {
	PolicyARN string
	Alarms    []Alarm
}

// PutScalingPolicy makes a policy, or replaces the one of that name.
func (s *Service) PutScalingPolicy(_ context.Context, in PutScalingPolicyInput) (PutScalingPolicyOutput, error) {
	if e := in.check(); e != nil {
		return PutScalingPolicyOutput{}, e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.targets[in.Target]
	if t == nil {
		return PutScalingPolicyOutput{}, noTarget(in.Target)
	}
	p := t.policies[in.PolicyName]
	if p == nil {
		if len(t.policies) >= MaxPolicies {
			return PutScalingPolicyOutput{}, errorf(CodeLimit, "A scalable target has at most %d policies", MaxPolicies)
		}
		p = &policy{Policy: Policy{
			PolicyARN:  s.arn("autoscaling", fmt.Sprintf("scalingPolicy:%s:resource/ecs/%s:policyName/%s", uuid.NewString(), in.ResourceId, in.PolicyName)),
			PolicyName: in.PolicyName, Target: in.Target, PolicyType: in.PolicyType, CreationTime: Time{time.Now()},
		}}
		for _, side := range []string{"AlarmHigh", "AlarmLow"} {
			name := "TargetTracking-" + in.ResourceId + "-" + side + "-" + uuid.NewString()
			p.Alarms = append(p.Alarms, Alarm{name, s.arn("cloudwatch", "alarm:"+name)})
		}
		t.policies[in.PolicyName] = p
	}
	p.TargetTrackingScalingPolicyConfiguration = *in.TargetTrackingScalingPolicyConfiguration
	p.metric, p.statistic = in.metric()
	return PutScalingPolicyOutput{p.PolicyARN, p.Alarms}, nil
}

// policyNameExpr is the API model's pattern. It takes an ARN, unlike Amazon EC2 Auto Scaling's.
var policyNameExpr = regexp.MustCompile(`^[\pL\pM\pN\pP\pS ]{1,256}$`)

func (in PutScalingPolicyInput) check() *Error {
	if e := in.Target.check(); e != nil {
		return e
	}
	c := in.TargetTrackingScalingPolicyConfiguration
	switch {
	case !policyNameExpr.MatchString(in.PolicyName):
		return invalid("The policy name %.100q must have 1 to 256 printable characters", in.PolicyName)
	case in.PolicyType != "TargetTrackingScaling" || c == nil:
		return unsupported("A policy of the type %.40q", in.PolicyType)
	case c.TargetValue <= 0:
		return invalid("TargetValue must be positive, not %v", c.TargetValue)
	case (c.PredefinedMetricSpecification == nil) == (c.CustomizedMetricSpecification == nil):
		return invalid("Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified")
	}
	for _, cooldown := range []*int{c.ScaleInCooldown, c.ScaleOutCooldown} {
		if cooldown != nil && *cooldown < 0 {
			return invalid("A cooldown must not be negative")
		}
	}
	if p := c.PredefinedMetricSpecification; p != nil && p.PredefinedMetricType != "ECSServiceAverageCPUUtilization" {
		return unsupported("The predefined metric %.80q", p.PredefinedMetricType)
	}
	m := c.CustomizedMetricSpecification
	if m != nil && (m.MetricName == "" || m.Namespace == "" || !slices.Contains(statistics(), m.Statistic)) {
		return invalid("A metric must have MetricName, Namespace and a Statistic of %q", statistics())
	}
	return nil
}

// metric is the key of the policy's series, and the statistic of it.
func (in PutScalingPolicyInput) metric() (key, statistic string) {
	if m := in.TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification; m != nil {
		return seriesKey(m.Namespace, m.MetricName, m.Dimensions), m.Statistic
	}
	return cpuKey(in.Target), "Average"
}

func shortID() string { return strings.ReplaceAll(uuid.NewString(), "-", "") }

// PolicyOf is the target and the name of the policy that an ARN names.
func PolicyOf(arn string) (t Target, name string, ok bool) {
	_, rest, ok := strings.Cut(arn, ":resource/ecs/")
	t.ResourceId, name, _ = strings.Cut(rest, ":policyName/")
	t.ServiceNamespace, t.ScalableDimension = "ecs", "ecs:service:DesiredCount"
	return t, name, ok
}
