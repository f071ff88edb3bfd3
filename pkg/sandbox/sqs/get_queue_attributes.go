package sqs

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"
)

// GetQueueAttributes returns the attributes of a queue that names lists, or all of them for "All".
func (s *Service) GetQueueAttributes(_ context.Context, url string, names []string) (map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, e := s.find(url)
	if e != nil {
		return nil, e
	}
	now := time.Now()
	s.used -= q.expire(now)
	all := q.settings()
	visible, inFlight, delayed := q.counts(now)
	maps.Copy(all, map[string]string{
		"QueueArn":                              s.ARN(q.name),
		"CreatedTimestamp":                      strconv.FormatInt(q.created.Unix(), 10),
		"LastModifiedTimestamp":                 strconv.FormatInt(q.modified.Unix(), 10),
		"ApproximateNumberOfMessages":           strconv.Itoa(visible),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(inFlight),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(delayed),
	})
	if slices.Contains(names, "All") {
		return all, nil
	}
	out := make(map[string]string, len(names))
	for _, name := range names {
		value, ok := all[name]
		switch {
		case ok:
			out[name] = value
		case !isInert(name): // those are absent when they were not set
			return nil, errorf(CodeInvalidAttributeName, "Unknown Attribute %s.", name)
		}
	}
	return out, nil
}

// settings are the attributes that can be set, with their defaults.
func (q *queue) settings() map[string]string {
	out := map[string]string{"SqsManagedSseEnabled": "true"}
	for _, name := range []string{attrDelay, attrSize, attrRetention, attrWait, attrVisibility} {
		out[name] = strconv.Itoa(q.number(name))
	}
	for name, value := range q.attributes {
		if isInert(name) && value != "" {
			out[name] = value
		}
	}
	return out
}
