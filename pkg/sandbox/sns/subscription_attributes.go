package sns

import (
	"context"
	"strconv"
)

// GetSubscriptionAttributes returns the attributes of a subscription.
func (s *Service) GetSubscriptionAttributes(_ context.Context, arn string) (map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sub, e := s.findSubscription(arn)
	if e != nil {
		return nil, e
	}
	return map[string]string{
		"SubscriptionArn": arn, "TopicArn": sub.topic, "Endpoint": sub.queue, "Protocol": "sqs", "Owner": s.cfg.AccountID,
		"PendingConfirmation": "false", "ConfirmationWasAuthenticated": "true", attrRaw: strconv.FormatBool(sub.raw),
	}, nil
}

// SetSubscriptionAttributes changes an attribute of a subscription.
func (s *Service) SetSubscriptionAttributes(_ context.Context, arn, name, value string) error {
	if err := checkSubscriptionAttribute(name, value); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sub, e := s.findSubscription(arn)
	if e != nil {
		return e
	}
	sub.raw = value == "true"
	return nil
}
