package autoscaling

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/knobs"
)

// oneService is a service with a desired count.
type oneService struct {
	count int
	busy  float64 // below 0 is not known
	fails bool
}

// DesiredCount implements Services.
func (o *oneService) DesiredCount(cluster, service string) (int, bool) {
	return o.count, cluster == "c" && service == "s"
}

// SetDesiredCount implements Services.
func (o *oneService) SetDesiredCount(_ context.Context, _, _ string, count int) error {
	if o.fails {
		return errors.New("it will not")
	}
	o.count = count
	return nil
}

// Busy implements Services.
func (o *oneService) Busy(string, string) (float64, bool) { return o.busy, o.busy >= 0 }

func theTarget() Target {
	return Target{"ecs", "service/c/s", "ecs:service:DesiredCount"}
}

// newService makes a service whose one target has a policy of 100 streams per task and, if cpu is set, one of 60 % of a CPU.
func newService(t *testing.T, o *oneService, scale knobs.Scale, cpu bool) *Service {
	t.Helper()
	s, err := New(Config{Region: "us-east-1", AccountID: "000000000000", Services: o, TimeScale: scale})
	if err != nil {
		t.Fatal(err)
	}
	least, most := 1, 10
	if _, err := s.RegisterScalableTarget(t.Context(), RegisterScalableTargetInput{Target: theTarget(), MinCapacity: &least, MaxCapacity: &most}); err != nil {
		t.Fatal(err)
	}
	out, in := 60, 600
	policies := map[string]*TargetTracking{"streams": {TargetValue: 100, ScaleOutCooldown: &out, ScaleInCooldown: &in, CustomizedMetricSpecification: &CustomizedMetric{
		Namespace: "Spillway", MetricName: "ActiveStreams", Dimensions: []Dimension{{"Service", "x"}}, Statistic: "Average",
	}}}
	if cpu {
		policies["cpu"] = &TargetTracking{TargetValue: 60, ScaleOutCooldown: &out, ScaleInCooldown: &in, PredefinedMetricSpecification: &PredefinedMetric{"ECSServiceAverageCPUUtilization"}}
	}
	for name, p := range policies {
		if _, err := s.PutScalingPolicy(t.Context(), PutScalingPolicyInput{name, theTarget(), "TargetTrackingScaling", p}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// line is what a task writes.
func line(service string, streams any) string {
	return fmt.Sprintf(`{"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"Spillway","Dimensions":[["Service"]],"Metrics":[{"Name":"ActiveStreams","Unit":"Count"}]}]},"Service":%q,"ActiveStreams":%v}`, service, streams)
}

// TestTracking: how the desired count follows the metrics, minute by minute.
func TestTracking(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		scale   knobs.Scale
		count   int
		busy    float64
		cpu     bool
		streams string // per task, one word a minute; - is none
		want    string // the desired count after each
	}{
		"within the bounds":                        {1, 2, -1, false, "95 95 95 100 100 100", "2 2 2 2 2 2"},
		"out after three minutes":                  {1, 2, -1, false, "150 150 150", "2 2 3"},
		"as many as bring it to the target":        {1, 2, -1, false, "150 150 400", "2 2 8"},
		"no more than the most":                    {1, 2, -1, false, "900 900 900 900", "2 2 10 10"},
		"not after a gap":                          {1, 2, -1, false, "150 150 - 150 150 150", "2 2 2 2 2 3"},
		"in after fifteen minutes":                 {1, 4, -1, false, "50 50 50 50 50 50 50 50 50 50 50 50 50 50 50", "4 4 4 4 4 4 4 4 4 4 4 4 4 4 2"},
		"not where it was low for fourteen":        {1, 4, -1, false, "95 50 50 50 50 50 50 50 50 50 50 50 50 50 50", "4 4 4 4 4 4 4 4 4 4 4 4 4 4 4"},
		"no less than the least":                   {1, 2, -1, false, "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0", "2 2 2 2 2 2 2 2 2 2 2 2 2 2 1"},
		"out by the other, known a minute longer":  {1, 2, 90, true, "50 50 50", "2 3 5"},
		"not in against the other":                 {60, 2, 59, true, "10 10", "2 2"},
		"in when both agree":                       {60, 4, 10, true, "10", "1"},
		"at once at the sandbox's pace":            {60, 2, -1, false, "150 100 10", "3 3 1"},
		"a policy without data has no say":         {60, 4, -1, true, "10", "1"},
		"without data from any, it is left as is":  {60, 4, -1, true, "- -", "4 4"},
		"what is no number of this service is not": {60, 4, -1, false, `"x" "x"`, "4 4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := &oneService{count: tt.count, busy: tt.busy}
				s := newService(t, o, tt.scale, tt.cpu)
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() {
					defer close(done)
					s.Run(ctx)
				}()
				var got []string
				time.Sleep(time.Until(time.Now().Truncate(period).Add(period + time.Second)))
				for streams := range strings.FieldsSeq(tt.streams) {
					if streams != "-" {
						s.Read(line("x", streams))
						s.Read(line("another", 5000))
					}
					time.Sleep(period)
					synctest.Wait()
					got = append(got, fmt.Sprint(o.count))
				}
				if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
					t.Errorf("counts (-want +got):\n%s", diff)
				}
				cancel()
				<-done
			})
		})
	}
}

// TestAverage: a metric is the average of what all tasks have written.
func TestAverage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &oneService{count: 2, busy: -1}
		s := newService(t, o, 60, false)
		for _, streams := range []int{90, 310} {
			s.Read(line("x", streams))
		}
		s.Read("no JSON")
		s.Read(`{"a":"_aws"}`)
		time.Sleep(period)
		s.decide(t.Context(), time.Now())
		if o.count != 4 {
			t.Errorf("count %d, want 4 for 200 streams a task", o.count)
		}
		out, err := s.DescribeScalingActivities(t.Context(), DescribeScalingActivitiesInput{Target: theTarget()})
		if err != nil || len(out.ScalingActivities) != 1 {
			t.Fatal(out, err)
		}
		a := out.ScalingActivities[0]
		if a.Description != "Setting desired count to 4." || a.StatusCode != "Successful" || !strings.Contains(a.Cause, "-AlarmHigh-") || !strings.HasSuffix(a.Cause, " in state ALARM triggered policy streams") {
			t.Errorf("activity %+v", a)
		}
	})
}

// TestCooldown: after a change a policy waits.
func TestCooldown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &oneService{count: 2, busy: -1}
		s := newService(t, o, 1, false)
		step := func(streams int) {
			s.Read(line("x", streams))
			time.Sleep(period)
			s.decide(t.Context(), time.Now())
		}
		for range 3 {
			step(150)
		}
		if o.count != 3 {
			t.Fatalf("count %d after three high minutes, want 3", o.count)
		}
		step(150) // 60 s later, which is the cooldown
		if o.count != 5 {
			t.Errorf("count %d after the cooldown, want 5", o.count)
		}
		for range 15 {
			step(20)
		}
		if o.count != 1 {
			t.Errorf("count %d after 15 low minutes, want 1", o.count)
		}
	})
}

// TestRange: the desired count is brought into a range that is set, and what does not work is told.
func TestRange(t *testing.T) {
	t.Parallel()
	o := &oneService{count: 1, busy: -1}
	s := newService(t, o, 60, false)
	set := func(least, most int) {
		t.Helper()
		if _, err := s.RegisterScalableTarget(t.Context(), RegisterScalableTargetInput{Target: theTarget(), MinCapacity: &least, MaxCapacity: &most}); err != nil {
			t.Fatal(err)
		}
	}
	set(3, 8)
	set(1, 2)
	o.fails = true
	set(5, 8)
	var got []string
	for _, a := range s.activities {
		got = append(got, a.Cause+": "+a.StatusCode)
	}
	if diff := cmp.Diff([]string{"minimum capacity was set to 5: Failed", "maximum capacity was set to 2: Successful", "minimum capacity was set to 3: Successful"}, got); diff != "" {
		t.Errorf("activities (-want +got):\n%s", diff)
	}
}

// TestRefusals: what a request gets that cannot be done, by code and text.
func TestRefusals(t *testing.T) {
	t.Parallel()
	s := newService(t, &oneService{count: 1}, 60, false)
	const target = `"ServiceNamespace":"ecs","ResourceId":"service/c/s","ScalableDimension":"ecs:service:DesiredCount"`
	policy := func(members string) string {
		return `{"PolicyName":"p","PolicyType":"TargetTrackingScaling",` + target + `,"TargetTrackingScalingPolicyConfiguration":{` + members + `}}`
	}
	for name, tt := range map[string]struct{ action, body, want string }{
		"unknown action":   {"PutScheduledAction", "{}", `UnknownOperationException: The action "PutScheduledAction" is not supported by the sandbox`},
		"unknown member":   {"RegisterScalableTarget", `{"SuspendedState":{}}`, `ValidationException: The member "SuspendedState" is not supported by the sandbox`},
		"namespace":        {"RegisterScalableTarget", strings.Replace("{"+target+"}", `"ecs"`, `"dynamodb"`, 1), `ValidationException: The service namespace "dynamodb" is not supported by the sandbox`},
		"resource":         {"RegisterScalableTarget", strings.Replace("{"+target+"}", "service/c/s", "c/s", 1), `ValidationException: Unsupported service namespace, resource type or scalable dimension: the resource ID must be service/CLUSTER/SERVICE, not "c/s"`},
		"no service":       {"RegisterScalableTarget", strings.Replace("{"+target+"}", "service/c/s", "service/c/x", 1), "ValidationException: ECS service doesn't exist: service/c/x"},
		"range":            {"RegisterScalableTarget", "{" + target + `,"MinCapacity":11}`, "ValidationException: Maximum capacity cannot be less than minimum capacity, which cannot be negative: 10 and 11"},
		"no target":        {"DeregisterScalableTarget", strings.Replace("{"+target+"}", "service/c/s", "service/c/x", 1), "ObjectNotFoundException: No scalable target found for service namespace: ecs, resource ID: service/c/x, scalable dimension: ecs:service:DesiredCount"},
		"no policy name":   {"PutScalingPolicy", strings.Replace(policy(""), `"p"`, `"\n"`, 1), `ValidationException: The policy name "\n" must have 1 to 256 printable characters`},
		"step scaling":     {"PutScalingPolicy", strings.Replace(policy(""), "TargetTrackingScaling", "StepScaling", 1), `ValidationException: A policy of the type "StepScaling" is not supported by the sandbox`},
		"no target value":  {"PutScalingPolicy", policy(""), "ValidationException: TargetValue must be positive, not 0"},
		"no metric":        {"PutScalingPolicy", policy(`"TargetValue":1`), "ValidationException: Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified"},
		"metric of memory": {"PutScalingPolicy", policy(`"TargetValue":1,"PredefinedMetricSpecification":{"PredefinedMetricType":"ECSServiceAverageMemoryUtilization"}`), `ValidationException: The predefined metric "ECSServiceAverageMemoryUtilization" is not supported by the sandbox`},
		"no statistic":     {"PutScalingPolicy", policy(`"TargetValue":1,"CustomizedMetricSpecification":{"MetricName":"m","Namespace":"n"}`), `ValidationException: A metric must have MetricName, Namespace and a Statistic of ["Average" "Sum" "Minimum" "Maximum" "SampleCount"]`},
		"no policy":        {"DeleteScalingPolicy", `{"PolicyName":"x",` + target + `}`, "ObjectNotFoundException: No scaling policy found for service namespace: ecs, resource ID: service/c/s, scalable dimension: ecs:service:DesiredCount, policy name: x"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(tt.body))
			r.Header.Set("X-Amz-Target", TargetPrefix+tt.action)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			var answer struct {
				Type    string `json:"__type"`
				Message string
			}
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusBadRequest {
				t.Errorf("status %d, body %s (%v)", w.Code, w.Body, err)
			}
			if diff := cmp.Diff(tt.want, answer.Type+": "+answer.Message); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestPolicyOf: the ARN of a policy leads back to it.
func TestPolicyOf(t *testing.T) {
	t.Parallel()
	s := newService(t, &oneService{count: 1}, 60, false)
	out, err := s.DescribeScalingPolicies(t.Context(), DescribeScalingPoliciesInput{Target: theTarget()})
	if err != nil || len(out.ScalingPolicies) != 1 {
		t.Fatal(out, err)
	}
	target, name, ok := PolicyOf(out.ScalingPolicies[0].PolicyARN)
	if target != theTarget() || name != "streams" || !ok {
		t.Errorf("PolicyOf = %+v, %s, %t", target, name, ok)
	}
}

// FuzzRead: a line of a log, whatever it is, does no harm.
func FuzzRead(f *testing.F) {
	f.Add(line("x", 1))
	f.Add(`{"_aws":{"CloudWatchMetrics":[{"Dimensions":[["a","b"]],"Metrics":[{"Name":"_aws"}]}]},"a":[]}`)
	f.Add(`{"_aws":null}`)
	f.Fuzz(func(_ *testing.T, text string) {
		s := &Service{series: map[string]*series{}}
		s.Read(text)
	})
}
