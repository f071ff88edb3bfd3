package elb

import "context"

const crossZone = "load_balancing.cross_zone.enabled"

func loadBalancerRules() map[string]attributeRule {
	return map[string]attributeRule{
		crossZone:                     {value: "false", of: booleans()},
		"deletion_protection.enabled": {value: "false", of: booleans()},
		"access_logs.s3.enabled":      {value: "false", of: []string{"false"}},
	}
}

// LoadBalancerAttributesInput names a load balancer and the attributes to set.
type LoadBalancerAttributesInput struct {
	LoadBalancerArn string
	Attributes      []Attribute
}

// ModifyLoadBalancerAttributes sets attributes of a load balancer.
func (s *Service) ModifyLoadBalancerAttributes(_ context.Context, in LoadBalancerAttributesInput) (AttributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lb := s.loadBalancers[in.LoadBalancerArn]
	if lb == nil {
		return AttributesOutput{}, noLoadBalancer()
	}
	set, e := lb.attributes.with(in.Attributes, loadBalancerRules())
	if e != nil {
		return AttributesOutput{}, e
	}
	lb.attributes = set
	return AttributesOutput{set.list()}, nil
}

// DescribeLoadBalancerAttributes tells all attributes of a load balancer.
func (s *Service) DescribeLoadBalancerAttributes(_ context.Context, in struct{ LoadBalancerArn string }) (AttributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lb := s.loadBalancers[in.LoadBalancerArn]
	if lb == nil {
		return AttributesOutput{}, noLoadBalancer()
	}
	return AttributesOutput{lb.attributes.list()}, nil
}
