package elb

import "context"

const (
	proxyProtocol         = "proxy_protocol_v2.enabled"
	deregistrationDelay   = "deregistration_delay.timeout_seconds"
	deregistrationEnds    = "deregistration_delay.connection_termination.enabled"
	unhealthyEnds         = "target_health_state.unhealthy.connection_termination.enabled"
	fromLoadBalancer      = "use_load_balancer_configuration"
	maxDeregistrationWait = 3600
)

func targetGroupRules() map[string]attributeRule {
	return map[string]attributeRule{
		deregistrationDelay:          {value: "300", max: maxDeregistrationWait},
		deregistrationEnds:           {value: "false", of: booleans()},
		unhealthyEnds:                {value: "true", of: booleans()},
		proxyProtocol:                {value: "false", of: booleans()},
		"preserve_client_ip.enabled": {value: "false", of: []string{"false"}},
		"stickiness.enabled":         {value: "false", of: []string{"false"}},
		crossZone:                    {value: fromLoadBalancer, of: append(booleans(), fromLoadBalancer)},
		"target_health_state.unhealthy.draining_interval_seconds": {value: "0", of: []string{"0"}},
	}
}

// TargetGroupAttributesInput names a target group and the attributes to set.
type TargetGroupAttributesInput struct {
	TargetGroupArn string
	Attributes     []Attribute
}

// ModifyTargetGroupAttributes sets attributes of a target group.
func (s *Service) ModifyTargetGroupAttributes(_ context.Context, in TargetGroupAttributesInput) (AttributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.targetGroups[in.TargetGroupArn]
	if g == nil {
		return AttributesOutput{}, noTargetGroup()
	}
	set, e := g.attributes.with(in.Attributes, targetGroupRules())
	if e != nil {
		return AttributesOutput{}, e
	}
	g.attributes = set
	return AttributesOutput{set.list()}, nil
}

// DescribeTargetGroupAttributes tells all attributes of a target group.
func (s *Service) DescribeTargetGroupAttributes(_ context.Context, in struct{ TargetGroupArn string }) (AttributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.targetGroups[in.TargetGroupArn]
	if g == nil {
		return AttributesOutput{}, noTargetGroup()
	}
	return AttributesOutput{g.attributes.list()}, nil
}
