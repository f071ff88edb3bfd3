package logs

import (
	"context"
	"math"
	"slices"
)

// FilterLogEventsInput asks for the events of a group that a pattern matches.
type FilterLogEventsInput struct {
	LogGroupName        string
	LogGroupIdentifier  string
	LogStreamNames      []string
	LogStreamNamePrefix string
	StartTime           *int64 // milliseconds, included
	EndTime             *int64 // milliseconds, included
	FilterPattern       string
	NextToken           string
	Limit               *int
}

// FilteredLogEvent is an event as it is found.
type FilteredLogEvent struct {
	LogStreamName string `json:"logStreamName"`
	Timestamp     int64  `json:"timestamp"`
	Message       string `json:"message"`
	IngestionTime int64  `json:"ingestionTime"`
	EventID       string `json:"eventId"`
}

// FilterLogEventsOutput is a page of events, oldest first.
type FilterLogEventsOutput struct {
	Events             []FilteredLogEvent `json:"events"`
	SearchedLogStreams []struct{}         `json:"searchedLogStreams"`
	NextToken          string             `json:"nextToken,omitempty"`
}

// found is an event and where it is.
type found struct {
	event
	stream string
}

// FilterLogEvents finds events in the streams of a group.
func (s *Service) FilterLogEvents(_ context.Context, in FilterLogEventsInput) (FilterLogEventsOutput, error) {
	limit, e := bounded(in.Limit, maxRead, maxRead)
	if e != nil {
		return FilterLogEventsOutput{}, e
	}
	match, e := parsePattern(in.FilterPattern)
	if e != nil {
		return FilterLogEventsOutput{}, e
	}
	from, ok := readEventID(in.NextToken)
	if in.NextToken != "" && !ok {
		return FilterLogEventsOutput{}, errorf(CodeInvalidParameter, "The specified nextToken is invalid.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, e := s.find(in.LogGroupName, in.LogGroupIdentifier)
	if e != nil {
		return FilterLogEventsOutput{}, e
	}
	streams, e := g.selected(in.LogStreamNames, in.LogStreamNamePrefix)
	if e != nil {
		return FilterLogEventsOutput{}, e
	}
	if in.EndTime != nil && *in.EndTime < math.MaxInt64 { // here it is included
		end := *in.EndTime + 1
		in.EndTime = &end
	}
	var all []found
	for _, st := range streams {
		for _, ev := range st.between(in.StartTime, in.EndTime, g.kept(s.cfg.Clock())) {
			if (!ok || compareEvents(ev, from) > 0) && match.matches(ev.message) {
				all = append(all, found{ev, st.name})
			}
		}
	}
	slices.SortFunc(all, func(a, b found) int { return compareEvents(a.event, b.event) })
	return pageOf(all, limit), nil
}

func pageOf(all []found, limit int) FilterLogEventsOutput {
	out := FilterLogEventsOutput{Events: []FilteredLogEvent{}, SearchedLogStreams: []struct{}{}}
	size := 0
	for i, f := range all {
		if size += len(f.message); i == limit || i > 0 && size > maxReadBytes {
			out.NextToken = eventID(all[i-1].event)
			break
		}
		out.Events = append(out.Events, FilteredLogEvent{
			LogStreamName: f.stream, Timestamp: f.at, Message: f.message, IngestionTime: f.ingested, EventID: eventID(f.event),
		})
	}
	return out
}
