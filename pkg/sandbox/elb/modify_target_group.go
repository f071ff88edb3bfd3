package elb

import "context"

// ModifyTargetGroupInput names a target group and what to change of its health checks.
type ModifyTargetGroupInput struct {
	TargetGroupArn string

	HealthCheckInput
}

// ModifyTargetGroup changes health checks; they go by the new settings from the next one on.
func (s *Service) ModifyTargetGroup(_ context.Context, in ModifyTargetGroupInput) (TargetGroupsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.targetGroups[in.TargetGroupArn]
	if g == nil {
		return TargetGroupsOutput{}, noTargetGroup()
	}
	check, codes, e := g.with(in.HealthCheckInput)
	if e != nil {
		return TargetGroupsOutput{}, e
	}
	g.HealthCheck, g.matches = check, codes
	return TargetGroupsOutput{TargetGroups: []TargetGroup{g.TargetGroup}}, nil
}
