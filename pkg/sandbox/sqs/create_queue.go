package sqs

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// CreateQueueInput is a request to make a queue.
type CreateQueueInput struct {
	QueueName  string
	Attributes map[string]string
}

// QueueURL is the URL of a queue.
type QueueURL struct {
	QueueUrl string
}

// CreateQueue makes a queue, or finds the one of the same name and attributes.
func (s *Service) CreateQueue(_ context.Context, in CreateQueueInput) (QueueURL, error) {
	if in.QueueName == "" {
		return QueueURL{}, missing("QueueName")
	}
	if strings.HasSuffix(in.QueueName, ".fifo") {
		return QueueURL{}, errorf(CodeUnsupported, "FIFO queues are not supported by the sandbox.")
	}
	if len(in.QueueName) > maxQueueName || !nameExpr.MatchString(in.QueueName) {
		return QueueURL{}, errorf(CodeInvalidParameter, "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	if err := checkAttributes(in.Attributes); err != nil {
		return QueueURL{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if q := s.queues[in.QueueName]; q != nil {
		if name, differs := q.differs(in.Attributes); differs {
			return QueueURL{}, errorf(CodeQueueNameExists, "A queue already exists with the same name and a different value for attribute %s", name)
		}
		return QueueURL{s.url(q.name)}, nil
	}
	if len(s.queues) >= MaxQueues {
		return QueueURL{}, errorf(CodeOverLimit, "The sandbox has at most %d queues.", MaxQueues)
	}
	attributes := maps.Clone(in.Attributes)
	if attributes == nil {
		attributes = make(map[string]string)
	}
	s.queues[in.QueueName] = newQueue(in.QueueName, attributes, time.Now())
	return QueueURL{s.url(in.QueueName)}, nil
}

// differs names an attribute that the queue has another value of.
func (q *queue) differs(attributes map[string]string) (string, bool) {
	shown := q.settings()
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if shown[name] != attributes[name] {
			return name, true
		}
	}
	return "", false
}
