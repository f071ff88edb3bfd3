package logs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// GetLogEventsInput asks for the events of one stream.
type GetLogEventsInput struct {
	LogGroupName       string
	LogGroupIdentifier string
	LogStreamName      string
	StartTime          *int64 // milliseconds, included
	EndTime            *int64 // milliseconds, not included
	NextToken          string
	Limit              *int
	StartFromHead      bool
}

// OutputLogEvent is an event as it is read.
type OutputLogEvent struct {
	Timestamp     int64  `json:"timestamp"`
	Message       string `json:"message"`
	IngestionTime int64  `json:"ingestionTime"`
}

// GetLogEventsOutput is a page of events, and the tokens of what is after and before it. There is always a next page: one
// that comes back with the token that it was asked for is the end for now.
type GetLogEventsOutput struct {
	Events            []OutputLogEvent `json:"events"`
	NextForwardToken  string           `json:"nextForwardToken"`
	NextBackwardToken string           `json:"nextBackwardToken"`
}

// GetLogEvents reads the events of a stream, oldest first: the latest of them, or with StartFromHead the earliest.
func (s *Service) GetLogEvents(_ context.Context, in GetLogEventsInput) (GetLogEventsOutput, error) {
	limit, e := bounded(in.Limit, maxRead, maxRead)
	if e != nil {
		return GetLogEventsOutput{}, e
	}
	forward, from, e := readToken(in.NextToken)
	if e != nil {
		return GetLogEventsOutput{}, e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, e := s.findStream(in.LogGroupName, in.LogGroupIdentifier, in.LogStreamName)
	if e != nil {
		return GetLogEventsOutput{}, e
	}
	events := st.between(in.StartTime, in.EndTime, st.group.kept(s.cfg.Clock()))
	switch {
	case in.NextToken == "" && in.StartFromHead:
		events = first(events, limit)
	case in.NextToken == "":
		events = last(events, limit)
	case forward:
		at, _ := slices.BinarySearchFunc(events, from.after(), compareEvents)
		events = first(events[at:], limit)
	default:
		at, _ := slices.BinarySearchFunc(events, from, compareEvents)
		events = last(events[:at], limit)
	}
	out := GetLogEventsOutput{Events: []OutputLogEvent{}, NextForwardToken: "f/" + eventID(from), NextBackwardToken: "b/" + eventID(from)}
	for _, ev := range events {
		out.Events = append(out.Events, OutputLogEvent{Timestamp: ev.at, Message: ev.message, IngestionTime: ev.ingested})
	}
	if len(events) > 0 {
		out.NextForwardToken, out.NextBackwardToken = "f/"+eventID(events[len(events)-1]), "b/"+eventID(events[0])
	}
	return out, nil
}

// after is the place right behind an event.
func (e event) after() event {
	e.seq++
	return e
}

func compareEvents(a, b event) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq))
}

// between are the events of a time, sorted by it.
func (st *stream) between(start, end *int64, kept int64) []event {
	var out []event
	for _, e := range st.events {
		if e.at >= kept && (start == nil || e.at >= *start) && (end == nil || e.at < *end) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, compareEvents)
	return out
}

// first are the first events, at most limit, and no more bytes than an answer may have.
func first(events []event, limit int) []event {
	size := 0
	for i, e := range events {
		if size += len(e.message); i == limit || i > 0 && size > maxReadBytes {
			return events[:i]
		}
	}
	return events
}

// last is first from the other end.
func last(events []event, limit int) []event {
	size := 0
	for i := range events {
		at := len(events) - 1 - i
		if size += len(events[at].message); i == limit || i > 0 && size > maxReadBytes {
			return events[at+1:]
		}
	}
	return events
}

// eventID is the id of an event, and its place in tokens: 56 digits, as on AWS.
func eventID(e event) string { return fmt.Sprintf("%028d%028d", e.at, e.seq) }

// readEventID reads what eventID wrote.
func readEventID(id string) (event, bool) {
	if len(id) != 56 {
		return event{}, false
	}
	at, err := strconv.ParseInt(id[:28], 10, 64)
	if err != nil {
		return event{}, false
	}
	seq, err := strconv.ParseInt(id[28:], 10, 64)
	return event{at: at, seq: seq}, err == nil
}

// readToken reads the token of a page: f/ and b/ are after and before an event.
func readToken(token string) (forward bool, from event, e *Error) {
	if token == "" {
		return true, event{}, nil
	}
	direction, id, _ := strings.Cut(token, "/")
	from, ok := readEventID(id)
	if !ok || direction != "f" && direction != "b" {
		return false, event{}, errorf(CodeInvalidParameter, "The specified nextToken is invalid.")
	}
	return direction == "f", from, nil
}
