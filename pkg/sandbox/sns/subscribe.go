package sns

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"
)

// SubscribeInput is a request to subscribe a queue.
type SubscribeInput struct {
	TopicArn   string
	Protocol   string // "sqs"
	Endpoint   string // the ARN of a queue
	Attributes map[string]string
}

const attrRaw = "RawMessageDelivery"

// Subscribe subscribes a queue to a topic and returns the subscription's ARN; a queue that is subscribed has it already.
func (s *Service) Subscribe(_ context.Context, in SubscribeInput) (string, error) {
	if in.Protocol != "sqs" {
		return "", unsupported("Protocol " + in.Protocol)
	}
	for _, name := range slices.Sorted(maps.Keys(in.Attributes)) {
		if err := checkSubscriptionAttribute(name, in.Attributes[name]); err != nil {
			return "", err
		}
	}
	if !s.cfg.Queues.Exists(in.Endpoint) {
		return "", invalid("SQS endpoint ARN")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, e := s.find(in.TopicArn); e != nil {
		return "", e
	}
	raw := in.Attributes[attrRaw] == "true"
	for arn, sub := range s.subscriptions {
		if sub.topic != in.TopicArn || sub.queue != in.Endpoint {
			continue
		}
		if sub.raw != raw {
			return "", invalid("Attributes Reason: Subscription already exists with different attributes")
		}
		return arn, nil
	}
	if len(s.subscriptions) >= MaxSubscriptions {
		return "", errorf(CodeSubscriptionLimit, "The sandbox has at most %d subscriptions", MaxSubscriptions)
	}
	sub := &subscription{arn: in.TopicArn + ":" + uuid.NewString(), topic: in.TopicArn, queue: in.Endpoint, raw: raw}
	s.subscriptions[sub.arn] = sub
	return sub.arn, nil
}

func checkSubscriptionAttribute(name, value string) *Error {
	switch {
	case name != attrRaw:
		return unsupported("Attribute " + name)
	case value != "true" && value != "false":
		return invalid("Attributes Reason: RawMessageDelivery: Invalid value [%s]. Must be true or false.", value)
	}
	return nil
}

// Unsubscribe ends a subscription. That it does not exist is no error, as on AWS.
func (s *Service) Unsubscribe(_ context.Context, arn string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.subscriptions, arn)
	return nil
}
