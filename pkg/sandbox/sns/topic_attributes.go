package sns

import (
	"context"
	"maps"
	"strconv"
)

// GetTopicAttributes returns the attributes of a topic.
func (s *Service) GetTopicAttributes(_ context.Context, arn string) (map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, e := s.find(arn)
	if e != nil {
		return nil, e
	}
	confirmed := 0
	for _, sub := range s.subscriptions {
		if sub.topic == arn {
			confirmed++
		}
	}
	out := map[string]string{
		"TopicArn": arn, "Owner": s.cfg.AccountID, "DisplayName": "", "SubscriptionsConfirmed": strconv.Itoa(confirmed),
		"SubscriptionsPending": "0", "SubscriptionsDeleted": "0",
	}
	maps.Copy(out, t.attributes)
	return out, nil
}

// SetTopicAttributes changes an attribute of a topic.
func (s *Service) SetTopicAttributes(_ context.Context, arn, name, value string) error {
	if err := checkTopicAttributes(map[string]string{name: value}); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, e := s.find(arn)
	if e != nil {
		return e
	}
	t.attributes[name] = value
	return nil
}
