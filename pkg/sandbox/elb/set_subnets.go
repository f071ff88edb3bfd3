package elb

import "context"

// SetSubnetsInput names a load balancer and its subnets.
type SetSubnetsInput struct {
	LoadBalancerArn string
	Subnets         []string
}

// SetSubnetsOutput are the zones of the subnets.
type SetSubnetsOutput struct {
	AvailabilityZones []AvailabilityZone `xml:"AvailabilityZones>member"`
}

// SetSubnets changes the subnets of a load balancer, and with them its zones.
func (s *Service) SetSubnets(_ context.Context, in SetSubnetsInput) (SetSubnetsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lb := s.loadBalancers[in.LoadBalancerArn]
	if lb == nil {
		return SetSubnetsOutput{}, noLoadBalancer()
	}
	zones, e := s.zonesOf(in.Subnets)
	if e != nil {
		return SetSubnetsOutput{}, e
	}
	lb.AvailabilityZones = zones
	return SetSubnetsOutput{zones}, nil
}

// zonesOf are the zones of subnets, of which each must be another.
func (s *Service) zonesOf(subnets []string) ([]AvailabilityZone, *Error) {
	if len(subnets) == 0 {
		return nil, invalid("At least one subnet must be specified")
	}
	var out []AvailabilityZone
	for i, subnet := range subnets {
		z := AvailabilityZone{s.zone(subnet, i), subnet}
		for _, other := range out {
			if other.ZoneName == z.ZoneName {
				return nil, errorf(CodeInvalidConfiguration, "A load balancer cannot be attached to multiple subnets in the same Availability Zone")
			}
		}
		out = append(out, z)
	}
	return out, nil
}
