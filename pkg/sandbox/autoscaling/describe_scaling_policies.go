package autoscaling

import (
	"cmp"
	"context"
	"slices"
)

// DescribeScalingPoliciesInput selects policies. There is one page.
type DescribeScalingPoliciesInput struct {
	PolicyNames []string
	Target
	MaxResults int
	NextToken  string
}

// DescribeScalingPoliciesOutput are policies.
type DescribeScalingPoliciesOutput struct{ ScalingPolicies []Policy }

// DescribeScalingPolicies shows policies.
func (s *Service) DescribeScalingPolicies(_ context.Context, in DescribeScalingPoliciesInput) (DescribeScalingPoliciesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := DescribeScalingPoliciesOutput{[]Policy{}}
	for _, t := range s.targets {
		for name, p := range t.policies {
			if in.selects(t.Target) && (len(in.PolicyNames) == 0 || slices.Contains(in.PolicyNames, name)) {
				out.ScalingPolicies = append(out.ScalingPolicies, p.Policy)
			}
		}
	}
	slices.SortFunc(out.ScalingPolicies, func(a, b Policy) int {
		return cmp.Or(cmp.Compare(a.ResourceId, b.ResourceId), cmp.Compare(a.PolicyName, b.PolicyName))
	})
	return out, nil
}

// selects tells whether a target is the one that is named, of which parts may be left out.
func (t Target) selects(other Target) bool {
	return t.ServiceNamespace == other.ServiceNamespace && (t.ResourceId == "" || t.ResourceId == other.ResourceId)
}
