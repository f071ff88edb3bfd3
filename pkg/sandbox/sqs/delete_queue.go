package sqs

import "context"

// DeleteQueue deletes a queue and its messages. Those who wait for one get none.
func (s *Service) DeleteQueue(_ context.Context, url string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, e := s.find(url)
	if e != nil {
		return e
	}
	s.used -= q.clear()
	delete(s.queues, q.name)
	q.changed()
	return nil
}

// PurgeQueue deletes the messages of a queue.
func (s *Service) PurgeQueue(_ context.Context, url string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, e := s.find(url)
	if e != nil {
		return e
	}
	s.used -= q.clear()
	return nil
}
