package logs

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// DescribeLogGroupsInput asks for groups.
type DescribeLogGroupsInput struct {
	LogGroupNamePrefix  string
	LogGroupNamePattern string // a part of the name
	Limit               *int
	NextToken           string // the last name of the page before
}

// LogGroup is a group as it is described.
type LogGroup struct {
	LogGroupName      string `json:"logGroupName"`
	CreationTime      int64  `json:"creationTime"`
	RetentionInDays   int    `json:"retentionInDays,omitempty"`
	MetricFilterCount int    `json:"metricFilterCount"`
	Arn               string `json:"arn"`
	StoredBytes       int64  `json:"storedBytes"`
	LogGroupClass     string `json:"logGroupClass"`
	LogGroupArn       string `json:"logGroupArn"`
}

// DescribeLogGroupsOutput is a page of groups.
type DescribeLogGroupsOutput struct {
	LogGroups []LogGroup `json:"logGroups"`
	NextToken string     `json:"nextToken,omitempty"`
}

// DescribeLogGroups lists groups by name.
func (s *Service) DescribeLogGroups(_ context.Context, in DescribeLogGroupsInput) (DescribeLogGroupsOutput, error) {
	limit, e := bounded(in.Limit, maxDescribed, maxDescribed)
	if e != nil {
		return DescribeLogGroupsOutput{}, e
	}
	if in.LogGroupNamePrefix != "" && in.LogGroupNamePattern != "" {
		return DescribeLogGroupsOutput{}, errorf(CodeInvalidParameter, "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := DescribeLogGroupsOutput{LogGroups: []LogGroup{}}
	for _, name := range slices.Sorted(maps.Keys(s.groups)) {
		if name <= in.NextToken || !strings.HasPrefix(name, in.LogGroupNamePrefix) ||
			!strings.Contains(strings.ToLower(name), strings.ToLower(in.LogGroupNamePattern)) {
			continue
		}
		if len(out.LogGroups) == limit {
			out.NextToken = out.LogGroups[limit-1].LogGroupName
			break
		}
		out.LogGroups = append(out.LogGroups, s.describe(s.groups[name]))
	}
	return out, nil
}

func (s *Service) describe(g *group) LogGroup {
	out := LogGroup{
		LogGroupName: g.name, CreationTime: g.created.UnixMilli(), RetentionInDays: g.retention,
		Arn: s.arn(g.name) + ":*", LogGroupArn: s.arn(g.name), LogGroupClass: "STANDARD",
	}
	for _, st := range g.streams {
		for _, e := range st.events {
			out.StoredBytes += int64(len(e.message)) + maxBatchOverhead
		}
	}
	return out
}

// bounded reads a limit that may be absent.
func bounded(limit *int, standard, highest int) (int, *Error) {
	switch {
	case limit == nil:
		return standard, nil
	case *limit < 1:
		return 0, constraint("limit", *limit, "have value greater than or equal to 1")
	case *limit > highest:
		return 0, errorf(CodeInvalidParameter, "1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value less than or equal to %d", *limit, highest)
	}
	return *limit, nil
}
