package autoscaling

import (
	"cmp"
	"context"
	"slices"
)

// DescribeScalableTargetsInput selects targets. There is one page.
type DescribeScalableTargetsInput struct {
	ServiceNamespace  string
	ResourceIds       []string
	ScalableDimension string
	MaxResults        int
	NextToken         string
}

// DescribeScalableTargetsOutput are targets.
type DescribeScalableTargetsOutput struct{ ScalableTargets []ScalableTarget }

// DescribeScalableTargets shows targets.
func (s *Service) DescribeScalableTargets(_ context.Context, in DescribeScalableTargetsInput) (DescribeScalableTargetsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := DescribeScalableTargetsOutput{[]ScalableTarget{}}
	for _, t := range s.targets {
		if t.ServiceNamespace == in.ServiceNamespace && (len(in.ResourceIds) == 0 || slices.Contains(in.ResourceIds, t.ResourceId)) {
			out.ScalableTargets = append(out.ScalableTargets, t.ScalableTarget)
		}
	}
	slices.SortFunc(out.ScalableTargets, func(a, b ScalableTarget) int { return cmp.Compare(a.ResourceId, b.ResourceId) })
	return out, nil
}
