package elb

import (
	"context"
	"time"
)

// DeregisterTargets begins to drain targets. They are gone when the deregistration delay is over; those of a group that is not
// in use at once.
func (s *Service) DeregisterTargets(_ context.Context, in TargetsInput) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.targetGroups[in.TargetGroupArn]
	if g == nil {
		return noTargetGroup()
	}
	for _, d := range in.Targets {
		key := d.key(g)
		t := g.targets[key]
		switch {
		case t == nil:
			return errorf(CodeInvalidTarget, "The following targets are not registered: '%s'", d.Id)
		case t.health.State == StateDraining:
		case !g.attached():
			s.dropTarget(g, key)
		default:
			s.drain(g, t)
		}
	}
	s.tellChanged()
	return nil
}

func (d TargetDescription) key(g *targetGroup) targetKey {
	if d.Port == 0 {
		d.Port = g.Port
	}
	return targetKey{d.Id, d.Port}
}

// drain begins to drain a target; s.mu is held.
func (s *Service) drain(g *targetGroup, t *target) {
	t.stopChecks()
	t.takesNew = t.health.State == StateHealthy
	t.health, t.drainingSince = deregistering(), time.Now()
	delay := s.scaled(time.Duration(g.attributes.number(deregistrationDelay)) * time.Second)
	if s.closed {
		return
	}
	s.spawn(func(ctx context.Context) {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-t.drained:
			return
		case <-ctx.Done():
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if g.targets[t.targetKey] != t {
			return
		}
		if g.attributes.on(deregistrationEnds) {
			t.reset()
		}
		s.dropTarget(g, t.targetKey)
	})
}

// dropTarget forgets a target; its flows go on. s.mu is held.
func (s *Service) dropTarget(g *targetGroup, key targetKey) {
	t := g.targets[key]
	t.stopChecks()
	delete(g.targets, key)
	close(t.drained)
	s.tellChanged()
}

// Drained gives a channel that is closed when a target is no longer registered: after the deregistration delay, or at once where
// there is no such target.
func (s *Service) Drained(targetGroupARN string, d TargetDescription) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.targetGroups[targetGroupARN]; g != nil {
		if t := g.targets[d.key(g)]; t != nil {
			return t.drained
		}
	}
	gone := make(chan struct{})
	close(gone)
	return gone
}
