package autoscaling

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Run decides at the end of each minute what is to be scaled, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	for {
		now := time.Now()
		timer := time.NewTimer(now.Truncate(period).Add(period).Sub(now))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
			s.decide(ctx, time.Now())
		}
	}
}

// decide looks at all targets.
func (s *Service) decide(ctx context.Context, now time.Time) {
	s.mu.Lock()
	targets := slices.Collect(maps.Keys(s.targets))
	s.mu.Unlock()
	for _, target := range targets {
		cluster, service := target.names()
		count, ok := s.cfg.Services.DesiredCount(cluster, service)
		if !ok {
			continue
		}
		s.measure(target, now)
		if wanted, cause := s.wanted(target, count, now); wanted != count {
			s.change(ctx, target, wanted, "%s", cause)
		}
	}
}

// measure notes how busy a service was in the minute that has just ended.
func (s *Service) measure(target Target, now time.Time) {
	percent, ok := s.cfg.Services.Busy(target.names())
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(cpuKey(target), now.Add(-period/2), percent)
}

// wish is what a policy wants.
type wish struct {
	count int
	cause string
}

// wanted is the desired count that the policies of a target want, and why; the present one where nothing is to be done.
func (s *Service) wanted(target Target, count int, now time.Time) (int, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.targets[target]
	if t == nil {
		return count, ""
	}
	out, in, inAgreed := wish{count: count}, wish{count: -1}, true
	for _, name := range slices.Sorted(maps.Keys(t.policies)) {
		p := t.policies[name]
		high, low, known := s.wish(p, count, now)
		switch {
		case high.count > out.count && now.Sub(t.lastOut) >= s.cooldown(p.TargetTrackingScalingPolicyConfiguration.ScaleOutCooldown):
			out = high
		case !known || p.TargetTrackingScalingPolicyConfiguration.DisableScaleIn:
		case low.count >= count || now.Sub(t.lastChange()) < s.cooldown(p.TargetTrackingScalingPolicyConfiguration.ScaleInCooldown):
			inAgreed = false
		case low.count > in.count:
			in = low
		}
	}
	switch {
	case out.count > count:
		return max(count, min(out.count, t.MaxCapacity)), out.cause
	case inAgreed && in.count >= 0:
		return min(count, max(in.count, t.MinCapacity)), in.cause
	default:
		return count, ""
	}
}

// lastChange is when the target was scaled last, either way.
func (t *scalable) lastChange() time.Time {
	if t.lastOut.After(t.lastIn) {
		return t.lastOut
	}
	return t.lastIn
}

// wish is what a policy wants by its two alarms; known tells whether it has data. s.mu is held.
func (s *Service) wish(p *policy, count int, now time.Time) (high, low wish, known bool) {
	high, low = wish{count: count}, wish{count: count}
	target := p.TargetTrackingScalingPolicyConfiguration.TargetValue
	proportion := func(value float64, alarm Alarm) wish {
		return wish{int(math.Ceil(float64(count) * value / target)), fmt.Sprintf("monitor alarm %s in state ALARM triggered policy %s", alarm.AlarmName, p.PolicyName)}
	}
	values, ok := s.latest(p, now, s.minutes(highPeriods))
	if ok && slices.Min(values) > target {
		high = proportion(values[0], p.Alarms[0])
	}
	_, known = s.latest(p, now, 1)
	values, ok = s.latest(p, now, s.minutes(lowPeriods))
	if ok && slices.Max(values) < lowShare*target {
		low = proportion(values[0], p.Alarms[1])
	}
	return high, low, known
}

// minutes is how many minutes count here for those of AWS.
func (s *Service) minutes(n int) int {
	return max(1, int(s.cfg.TimeScale.Of(time.Duration(n)*period)/period))
}

func (s *Service) cooldown(seconds *int) time.Duration {
	if seconds == nil {
		return s.cfg.TimeScale.Of(defaultCooldown)
	}
	return s.cfg.TimeScale.Of(time.Duration(*seconds) * time.Second)
}

// change sets the desired count of a target and notes it.
func (s *Service) change(ctx context.Context, target Target, count int, cause string, args ...any) {
	cluster, service := target.names()
	before, _ := s.cfg.Services.DesiredCount(cluster, service)
	a := Activity{
		ActivityId: uuid.NewString(), Target: target, Description: fmt.Sprintf("Setting desired count to %d.", count), Cause: fmt.Sprintf(cause, args...),
		StartTime: Time{time.Now()}, StatusCode: "Successful",
		StatusMessage: fmt.Sprintf("Successfully set desired count to %d. Change successfully fulfilled by ecs.", count),
	}
	if err := s.cfg.Services.SetDesiredCount(ctx, cluster, service, count); err != nil {
		a.StatusCode, a.StatusMessage = "Failed", "Failed to set desired count to "+fmt.Sprint(count)+": "+err.Error()
		s.cfg.Logger.Warn("scale", "service", target.ResourceId, "count", count, "error", err)
	}
	a.EndTime = Time{time.Now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.activities = append([]Activity{a}, s.activities[:min(len(s.activities), MaxActivities-1)]...)
	if t := s.targets[target]; t != nil && count > before {
		t.lastOut = time.Now()
	} else if t != nil {
		t.lastIn = time.Now()
	}
}
