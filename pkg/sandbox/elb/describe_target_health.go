package elb

import (
	"context"
	"strconv"
)

// TargetHealthDescription is a target and how it is.
type TargetHealthDescription struct {
	Target          TargetDescription
	HealthCheckPort string `xml:",omitempty"`
	TargetHealth    TargetHealth
}

// DescribeTargetHealthOutput are targets of a group.
type DescribeTargetHealthOutput struct {
	TargetHealthDescriptions []TargetHealthDescription `xml:"TargetHealthDescriptions>member"`
}

// DescribeTargetHealth tells how the targets of a group are, all or those that are named.
func (s *Service) DescribeTargetHealth(_ context.Context, in TargetsInput) (DescribeTargetHealthOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out DescribeTargetHealthOutput
	g := s.targetGroups[in.TargetGroupArn]
	if g == nil {
		return out, noTargetGroup()
	}
	if len(in.Targets) == 0 {
		for _, t := range g.sorted() {
			in.Targets = append(in.Targets, TargetDescription{Id: t.id, Port: t.port})
		}
	}
	for _, d := range in.Targets {
		key := d.key(g)
		one := TargetHealthDescription{Target: TargetDescription{Id: key.id, Port: key.port}, TargetHealth: notRegistered()}
		if t := g.targets[key]; t != nil {
			one.Target.AvailabilityZone, one.TargetHealth = t.zone, t.health
			one.HealthCheckPort = strconv.Itoa(g.checkPort(t))
		}
		out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, one)
	}
	return out, nil
}

// TargetHealth tells how a target is; one that is not registered is unused.
func (s *Service) TargetHealth(targetGroupARN string, d TargetDescription) TargetHealth {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.targetGroups[targetGroupARN]; g != nil {
		if t := g.targets[d.key(g)]; t != nil {
			return t.health
		}
	}
	return notRegistered()
}
