package logs

import (
	"context"
	"time"
)

// InputLogEvent is an event that a client puts.
type InputLogEvent struct {
	Timestamp *int64 // milliseconds since the epoch
	Message   string
}

// PutLogEventsInput is a batch of events for a stream.
type PutLogEventsInput struct {
	LogGroupName  string
	LogStreamName string
	LogEvents     []InputLogEvent
}

// PutLogEvents adds events to a stream and returns the token that older clients want.
func (s *Service) PutLogEvents(_ context.Context, in PutLogEventsInput) (string, error) {
	if e := in.check(); e != nil {
		return "", e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, e := s.findStream(in.LogGroupName, "", in.LogStreamName)
	if e != nil {
		return "", e
	}
	g, name := st.group, st.name
	for _, ev := range in.LogEvents {
		s.add(s.ensureStream(g, name), time.UnixMilli(*ev.Timestamp), ev.Message) // the budget may have taken the stream
	}
	if len(st.events) == 0 {
		return eventID(event{}), nil
	}
	return eventID(st.events[len(st.events)-1]), nil
}

func (in PutLogEventsInput) check() *Error {
	if n := len(in.LogEvents); n < 1 || n > maxBatchEvents {
		return errorf(CodeInvalidParameter, "1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must have length less than or equal to %d, and greater than or equal to 1", maxBatchEvents)
	}
	size, last := 0, int64(0)
	for i, ev := range in.LogEvents {
		switch {
		case ev.Message == "":
			return errorf(CodeInvalidParameter, "1 validation error detected: Value '' at 'logEvents.%d.member.message' failed to satisfy constraint: Member must have length greater than or equal to 1", i+1)
		case ev.Timestamp == nil:
			return errorf(CodeInvalidParameter, "1 validation error detected: Value null at 'logEvents.%d.member.timestamp' failed to satisfy constraint: Member must not be null", i+1)
		case *ev.Timestamp < 0:
			return errorf(CodeInvalidParameter, "1 validation error detected: Value '%d' at 'logEvents.%d.member.timestamp' failed to satisfy constraint: Member must have value greater than or equal to 0", *ev.Timestamp, i+1)
		case *ev.Timestamp < last:
			return errorf(CodeInvalidParameter, "Log events in a single PutLogEvents request must be in chronological order.")
		}
		last = *ev.Timestamp
		size += len(ev.Message) + maxBatchOverhead
	}
	if size > maxBatchBytes {
		return errorf(CodeInvalidParameter, "Upload too large: %d bytes exceeds limit of %d", size, maxBatchBytes)
	}
	return nil
}
