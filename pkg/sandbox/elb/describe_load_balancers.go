package elb

import (
	"context"
	"slices"
)

// DescribeLoadBalancersInput selects load balancers by ARN or name; empty selects all.
type DescribeLoadBalancersInput struct {
	LoadBalancerArns []string
	Names            []string
	Marker           string
	PageSize         int
}

// DescribeLoadBalancers shows load balancers.
func (s *Service) DescribeLoadBalancers(_ context.Context, in DescribeLoadBalancersInput) (LoadBalancersOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []LoadBalancer
	for arn, lb := range s.loadBalancers {
		if len(in.LoadBalancerArns)+len(in.Names) == 0 || slices.Contains(in.LoadBalancerArns, arn) || slices.Contains(in.Names, lb.LoadBalancerName) {
			all = append(all, lb.LoadBalancer)
		}
	}
	if len(all) < max(len(in.LoadBalancerArns), len(in.Names)) {
		return LoadBalancersOutput{}, noLoadBalancer()
	}
	items, next := page(all, func(lb LoadBalancer) string { return lb.LoadBalancerArn }, in.Marker, in.PageSize)
	return LoadBalancersOutput{items, next}, nil
}
