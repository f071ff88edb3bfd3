package elb

import (
	"context"
	"slices"
)

// DescribeListenersInput selects the listeners of a load balancer, or listeners by ARN.
type DescribeListenersInput struct {
	LoadBalancerArn string
	ListenerArns    []string
	Marker          string
	PageSize        int
}

// DescribeListeners shows listeners.
func (s *Service) DescribeListeners(_ context.Context, in DescribeListenersInput) (ListenersOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case in.LoadBalancerArn == "" && len(in.ListenerArns) == 0:
		return ListenersOutput{}, invalid("You must specify either listener ARNs or a load balancer ARN")
	case in.LoadBalancerArn != "" && s.loadBalancers[in.LoadBalancerArn] == nil:
		return ListenersOutput{}, noLoadBalancer()
	}
	var all []Listener
	for arn, l := range s.listeners {
		if l.LoadBalancerArn == in.LoadBalancerArn || slices.Contains(in.ListenerArns, arn) {
			all = append(all, l.Listener)
		}
	}
	if len(all) < len(in.ListenerArns) {
		return ListenersOutput{}, noListener()
	}
	items, next := page(all, func(l Listener) string { return l.ListenerArn }, in.Marker, in.PageSize)
	return ListenersOutput{items, next}, nil
}
