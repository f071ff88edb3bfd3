package elb

import "context"

// SetSecurityGroupsInput names a load balancer and its security groups.
type SetSecurityGroupsInput struct {
	LoadBalancerArn string
	SecurityGroups  []string
}

// SetSecurityGroupsOutput are the groups.
type SetSecurityGroupsOutput struct {
	SecurityGroupIds []string `xml:"SecurityGroupIds>member"`
}

// SetSecurityGroups changes the security groups of a load balancer; one that was made without any cannot get some.
func (s *Service) SetSecurityGroups(_ context.Context, in SetSecurityGroupsInput) (SetSecurityGroupsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lb := s.loadBalancers[in.LoadBalancerArn]
	switch {
	case lb == nil:
		return SetSecurityGroupsOutput{}, noLoadBalancer()
	case len(lb.SecurityGroups) == 0 && len(in.SecurityGroups) > 0:
		return SetSecurityGroupsOutput{}, errorf(CodeInvalidConfiguration, "SetSecurityGroups is not supported for load balancers of type 'network' that were created without security groups")
	case len(in.SecurityGroups) == 0 && len(lb.SecurityGroups) > 0:
		return SetSecurityGroupsOutput{}, errorf(CodeInvalidConfiguration, "You cannot remove all security groups from a load balancer of type 'network'")
	}
	lb.SecurityGroups = in.SecurityGroups
	return SetSecurityGroupsOutput{in.SecurityGroups}, nil
}
