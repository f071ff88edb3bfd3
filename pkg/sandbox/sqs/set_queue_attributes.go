package sqs

import (
	"context"
	"maps"
	"time"
)

// SetQueueAttributes changes attributes of a queue; they hold at once (AWS: within 60 seconds).
func (s *Service) SetQueueAttributes(_ context.Context, url string, attributes map[string]string) error {
	if len(attributes) == 0 {
		return missing("Attribute.Name")
	}
	if err := checkAttributes(attributes); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, e := s.find(url)
	if e != nil {
		return e
	}
	maps.Copy(q.attributes, attributes)
	q.modified = time.Now()
	return nil
}
