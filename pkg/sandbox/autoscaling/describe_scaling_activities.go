package autoscaling

import "context"

// Activity is a change of a desired count.
type Activity struct {
	ActivityId string
	Target
	Description   string
	Cause         string
	StartTime     Time
	EndTime       Time
	StatusCode    string
	StatusMessage string
}

// DescribeScalingActivitiesInput selects activities. There is one page.
type DescribeScalingActivitiesInput struct {
	Target
	MaxResults int
	NextToken  string
}

// DescribeScalingActivitiesOutput are activities, the latest first.
type DescribeScalingActivitiesOutput struct{ ScalingActivities []Activity }

// DescribeScalingActivities shows what was changed, and why.
func (s *Service) DescribeScalingActivities(_ context.Context, in DescribeScalingActivitiesInput) (DescribeScalingActivitiesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := DescribeScalingActivitiesOutput{[]Activity{}}
	for _, a := range s.activities {
		if in.selects(a.Target) {
			out.ScalingActivities = append(out.ScalingActivities, a)
		}
	}
	return out, nil
}
