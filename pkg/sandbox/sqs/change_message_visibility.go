package sqs

import (
	"container/heap"
	"context"
	"time"
)

// ChangeMessageVisibility hides a received message for that many seconds from now; 0 shows it again.
func (s *Service) ChangeMessageVisibility(_ context.Context, url, handle string, seconds *int) error {
	if seconds == nil {
		return missing("VisibilityTimeout")
	}
	if limit := int(maxVisibility / time.Second); *seconds < 0 || *seconds > limit {
		return outOfRange("VisibilityTimeout", *seconds, 0, limit)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, m, e := s.receipt(url, handle)
	if e != nil {
		return e
	}
	now := time.Now()
	if m == nil || !m.inFlight(now) {
		return errorf(CodeNotInFlight, "The specified message isn't in flight.")
	}
	m.visible = now.Add(time.Duration(*seconds) * time.Second)
	heap.Fix(&q.waiting, m.at)
	q.changed()
	return nil
}
