package elb

import (
	"context"
	"fmt"
)

// CreateTargetGroupInput says what to make.
type CreateTargetGroupInput struct {
	Name            string
	Protocol        string
	ProtocolVersion string
	Port            int
	VpcId           string
	TargetType      string
	IpAddressType   string
	Tags            []Tag

	HealthCheckInput
}

// TargetGroupsOutput are target groups.
type TargetGroupsOutput struct {
	TargetGroups []TargetGroup `xml:"TargetGroups>member"`
	NextMarker   string        `xml:",omitempty"`
}

// CreateTargetGroup makes a target group.
func (s *Service) CreateTargetGroup(_ context.Context, in CreateTargetGroupInput) (TargetGroupsOutput, error) {
	if e := in.check(); e != nil {
		return TargetGroupsOutput{}, e
	}
	check, codes, e := newHealthCheck().with(in.HealthCheckInput)
	if e != nil {
		return TargetGroupsOutput{}, e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.targetGroups {
		if g.TargetGroupName == in.Name {
			return TargetGroupsOutput{}, errorf(CodeDuplicateTargetGroup, "A target group with the same name '%s' exists, but with different settings", in.Name)
		}
	}
	if len(s.targetGroups) >= MaxTargetGroups {
		return TargetGroupsOutput{}, errorf(CodeTooManyTargetGroups, "The maximum number of target groups has been reached")
	}
	g := &targetGroup{
		TargetGroup: TargetGroup{
			TargetGroupArn: s.arn("targetgroup", in.Name+"/"+newID()), TargetGroupName: in.Name, Protocol: in.Protocol, Port: in.Port,
			VpcId: in.VpcId, HealthCheck: check, TargetType: in.TargetType, IpAddressType: "ipv4",
		},
		attributes: defaults(targetGroupRules()), targets: make(map[targetKey]*target), matches: codes,
	}
	if e := s.setTags(g.TargetGroupArn, in.Tags); e != nil {
		return TargetGroupsOutput{}, e
	}
	s.targetGroups[g.TargetGroupArn] = g
	return TargetGroupsOutput{TargetGroups: []TargetGroup{g.TargetGroup}}, nil
}

func (in CreateTargetGroupInput) check() *Error {
	if e := checkName("target group", in.Name); e != nil {
		return e
	}
	switch {
	case in.Protocol != "TCP":
		return unsupported(fmt.Sprintf("A target group of protocol '%.20s': it has those of TCP, and this", in.Protocol))
	case in.TargetType != "ip":
		return unsupported(fmt.Sprintf("Target type '%.20s': it has ip, and this", in.TargetType))
	case in.ProtocolVersion != "":
		return errorf(CodeInvalidConfiguration, "You cannot specify a protocol version for a target group with the protocol 'TCP'")
	case in.IpAddressType != "" && in.IpAddressType != "ipv4":
		return unsupported("IpAddressType '" + in.IpAddressType + "'")
	case in.Port < 1 || in.Port > 65535:
		return invalid("Port '%d' must be between 1 and 65535", in.Port)
	case in.VpcId == "":
		return invalid("A VPC ID must be specified")
	}
	return nil
}
