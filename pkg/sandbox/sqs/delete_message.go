package sqs

import (
	"context"

	"github.com/google/uuid"
)

// DeleteMessage deletes a received message. A handle that is no longer the last one, or whose message is gone, is no
// error, as on AWS.
func (s *Service) DeleteMessage(_ context.Context, url, handle string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, m, e := s.receipt(url, handle)
	if e != nil {
		return e
	}
	if m != nil {
		s.used -= q.remove(m)
	}
	return nil
}

// receipt finds a received message; it is nil when it is gone. s.mu is held.
func (s *Service) receipt(url, handle string) (*queue, *message, *Error) {
	q, e := s.find(url)
	if e != nil {
		return nil, nil, e
	}
	if handle == "" {
		return nil, nil, missing("ReceiptHandle")
	}
	if uuid.Validate(handle) != nil {
		return nil, nil, badHandle(handle)
	}
	return q, q.received[handle], nil
}
