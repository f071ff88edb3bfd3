package sqs

import "context"

// GetQueueURL finds a queue by its name. owner is the account, or "".
func (s *Service) GetQueueURL(_ context.Context, name, owner string) (QueueURL, error) {
	if name == "" {
		return QueueURL{}, missing("QueueName")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queues[name] == nil || owner != "" && owner != s.cfg.AccountID {
		return QueueURL{}, noQueue()
	}
	return QueueURL{s.url(name)}, nil
}
