package autoscaling

import "context"

// DeleteScalingPolicyInput names a policy of a target.
type DeleteScalingPolicyInput struct {
	PolicyName string
	Target
}

// DeleteScalingPolicy deletes a policy.
func (s *Service) DeleteScalingPolicy(_ context.Context, in DeleteScalingPolicyInput) (struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.targets[in.Target]
	if t == nil || t.policies[in.PolicyName] == nil {
		return struct{}{}, errorf(CodeNotFound, "No scaling policy found for service namespace: %s, resource ID: %s, scalable dimension: %s, policy name: %.255s", in.ServiceNamespace, in.ResourceId, in.ScalableDimension, in.PolicyName)
	}
	delete(t.policies, in.PolicyName)
	return struct{}{}, nil
}
