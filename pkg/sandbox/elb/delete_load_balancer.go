package elb

import "context"

// DeleteLoadBalancerInput names a load balancer.
type DeleteLoadBalancerInput struct{ LoadBalancerArn string }

// DeleteLoadBalancer deletes a load balancer with its listeners. That it does not exist is no error, as on AWS.
func (s *Service) DeleteLoadBalancer(_ context.Context, in DeleteLoadBalancerInput) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	lb := s.loadBalancers[in.LoadBalancerArn]
	if lb == nil {
		return nil
	}
	if lb.attributes.on("deletion_protection.enabled") {
		return errorf(CodeInUse, "Load balancer '%s' cannot be deleted because deletion protection is enabled", in.LoadBalancerArn)
	}
	for arn, l := range s.listeners {
		if l.LoadBalancerArn == in.LoadBalancerArn {
			s.dropListener(arn)
		}
	}
	delete(s.loadBalancers, in.LoadBalancerArn)
	delete(s.tags, in.LoadBalancerArn)
	return nil
}
