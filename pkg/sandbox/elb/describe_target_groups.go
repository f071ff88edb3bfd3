package elb

import (
	"context"
	"slices"
)

// DescribeTargetGroupsInput selects target groups by ARN, name or load balancer; empty selects all.
type DescribeTargetGroupsInput struct {
	LoadBalancerArn string
	TargetGroupArns []string
	Names           []string
	Marker          string
	PageSize        int
}

// DescribeTargetGroups shows target groups.
func (s *Service) DescribeTargetGroups(_ context.Context, in DescribeTargetGroupsInput) (TargetGroupsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.LoadBalancerArn != "" && s.loadBalancers[in.LoadBalancerArn] == nil {
		return TargetGroupsOutput{}, noLoadBalancer()
	}
	var all []TargetGroup
	for arn, g := range s.targetGroups {
		named := len(in.TargetGroupArns)+len(in.Names) == 0 || slices.Contains(in.TargetGroupArns, arn) || slices.Contains(in.Names, g.TargetGroupName)
		if named && (in.LoadBalancerArn == "" || slices.Contains(g.LoadBalancerArns, in.LoadBalancerArn)) {
			all = append(all, g.TargetGroup)
		}
	}
	if len(all) < max(len(in.TargetGroupArns), len(in.Names)) {
		return TargetGroupsOutput{}, noTargetGroup()
	}
	items, next := page(all, func(g TargetGroup) string { return g.TargetGroupArn }, in.Marker, in.PageSize)
	return TargetGroupsOutput{items, next}, nil
}
