package elb

import "context"

// DeleteTargetGroupInput names a target group.
type DeleteTargetGroupInput struct{ TargetGroupArn string }

// DeleteTargetGroup deletes a target group that no listener forwards to. That it does not exist is no error, as on AWS.
func (s *Service) DeleteTargetGroup(_ context.Context, in DeleteTargetGroupInput) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.targetGroups[in.TargetGroupArn]
	if g == nil {
		return nil
	}
	if g.attached() {
		return errorf(CodeInUse, "Target group '%s' is currently in use by a listener or a rule", in.TargetGroupArn)
	}
	for key := range g.targets {
		s.dropTarget(g, key)
	}
	delete(s.targetGroups, in.TargetGroupArn)
	delete(s.tags, in.TargetGroupArn)
	return nil
}
