package elb

import (
	"context"
	"net/netip"
)

// TargetDescription is a target: an address, a port, or 0 for that of the group, and its zone.
type TargetDescription struct {
	Id               string
	Port             int    `xml:",omitempty"`
	AvailabilityZone string `xml:",omitempty"`
}

// TargetsInput names targets of a group.
type TargetsInput struct {
	TargetGroupArn string
	Targets        []TargetDescription
}

// RegisterTargets adds targets; one that is being deregistered stays.
func (s *Service) RegisterTargets(_ context.Context, in TargetsInput) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.targetGroups[in.TargetGroupArn]
	if g == nil {
		return noTargetGroup()
	}
	if len(in.Targets) == 0 {
		return invalid("At least one target must be specified")
	}
	for _, d := range in.Targets {
		if a, err := netip.ParseAddr(d.Id); err != nil || !a.Is4() {
			return errorf(CodeInvalidTarget, "The IP address '%.60s' is not a valid IPv4 address", d.Id)
		}
		if len(g.targets) >= MaxTargets {
			return errorf(CodeTooManyTargets, "The maximum number of targets of a target group is %d", MaxTargets)
		}
		s.register(g, d)
	}
	return nil
}

// register adds a target; s.mu is held.
func (s *Service) register(g *targetGroup, d TargetDescription) {
	key := d.key(g)
	if old := g.targets[key]; old != nil {
		if old.health.State != StateDraining {
			return
		}
		s.dropTarget(g, key)
	}
	t := &target{
		targetKey: key, zone: d.AvailabilityZone, health: notInUse(), drained: make(chan struct{}), flows: make(map[*flow]struct{}),
		stopChecks: func() {},
	}
	g.targets[key] = t
	if g.attached() {
		s.startChecks(g, t)
	}
	s.tellChanged()
}
