package logs

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
)

// DescribeLogStreamsInput asks for the streams of a group.
type DescribeLogStreamsInput struct {
	LogGroupName        string
	LogGroupIdentifier  string
	LogStreamNamePrefix string
	OrderBy             string // "", LogStreamName or LastEventTime
	Descending          bool
	Limit               *int
	NextToken           string // the last name of the page before
}

// LogStream is a stream as it is described.
type LogStream struct {
	LogStreamName       string `json:"logStreamName"`
	CreationTime        int64  `json:"creationTime"`
	FirstEventTimestamp int64  `json:"firstEventTimestamp,omitempty"`
	LastEventTimestamp  int64  `json:"lastEventTimestamp,omitempty"`
	LastIngestionTime   int64  `json:"lastIngestionTime,omitempty"`
	UploadSequenceToken string `json:"uploadSequenceToken,omitempty"`
	Arn                 string `json:"arn"`
	StoredBytes         int64  `json:"storedBytes"` // 0 since 2019, as AWS says
}

// DescribeLogStreamsOutput is a page of streams.
type DescribeLogStreamsOutput struct {
	LogStreams []LogStream `json:"logStreams"`
	NextToken  string      `json:"nextToken,omitempty"`
}

// DescribeLogStreams lists the streams of a group.
func (s *Service) DescribeLogStreams(_ context.Context, in DescribeLogStreamsInput) (DescribeLogStreamsOutput, error) {
	limit, e := bounded(in.Limit, maxDescribed, maxDescribed)
	if e != nil {
		return DescribeLogStreamsOutput{}, e
	}
	byTime := in.OrderBy == "LastEventTime"
	switch {
	case in.OrderBy != "" && in.OrderBy != "LogStreamName" && !byTime:
		return DescribeLogStreamsOutput{}, constraint("orderBy", in.OrderBy, "satisfy enum value set: [LogStreamName, LastEventTime]")
	case byTime && in.LogStreamNamePrefix != "":
		return DescribeLogStreamsOutput{}, errorf(CodeInvalidParameter, "Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, e := s.find(in.LogGroupName, in.LogGroupIdentifier)
	if e != nil {
		return DescribeLogStreamsOutput{}, e
	}
	var all []LogStream
	for name, st := range g.streams {
		if strings.HasPrefix(name, in.LogStreamNamePrefix) {
			all = append(all, s.describeStream(st))
		}
	}
	slices.SortFunc(all, func(a, b LogStream) int {
		order := strings.Compare(a.LogStreamName, b.LogStreamName)
		if byTime {
			order = cmp.Or(cmp.Compare(a.LastEventTimestamp, b.LastEventTimestamp), order)
		}
		if in.Descending {
			order = -order
		}
		return order
	})
	if in.NextToken != "" {
		at := slices.IndexFunc(all, func(st LogStream) bool { return st.LogStreamName == in.NextToken })
		if at < 0 {
			return DescribeLogStreamsOutput{}, errorf(CodeInvalidParameter, "The specified nextToken is invalid.")
		}
		all = all[at+1:]
	}
	out := DescribeLogStreamsOutput{LogStreams: append([]LogStream{}, all[:min(limit, len(all))]...)}
	if len(all) > limit {
		out.NextToken = all[limit-1].LogStreamName
	}
	return out, nil
}

func (s *Service) describeStream(st *stream) LogStream {
	out := LogStream{LogStreamName: st.name, CreationTime: st.created.UnixMilli(), Arn: s.arn(st.group.name) + ":log-stream:" + st.name}
	if len(st.events) > 0 {
		out.FirstEventTimestamp, out.LastEventTimestamp = st.bounds()
		out.LastIngestionTime = st.events[len(st.events)-1].ingested
		out.UploadSequenceToken = eventID(st.events[len(st.events)-1])
	}
	return out
}

// selected are the streams that a filter names: all, those of a list, or those with a prefix; s.mu is held.
func (g *group) selected(names []string, prefix string) ([]*stream, *Error) {
	if len(names) == 0 {
		var out []*stream
		for _, name := range slices.Sorted(maps.Keys(g.streams)) {
			if strings.HasPrefix(name, prefix) {
				out = append(out, g.streams[name])
			}
		}
		return out, nil
	}
	if prefix != "" {
		return nil, errorf(CodeInvalidParameter, "LogStreamNames and LogStreamNamePrefix are mutually exclusive parameters.")
	}
	var out []*stream
	for _, name := range names {
		st := g.streams[name]
		if st == nil {
			return nil, noStream()
		}
		out = append(out, st)
	}
	return out, nil
}
