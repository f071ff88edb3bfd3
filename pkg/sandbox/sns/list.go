package sns

import (
	"context"
	"maps"
	"slices"
)

// Subscription is a subscription as it is listed.
type Subscription struct {
	SubscriptionArn string
	Owner           string
	Protocol        string
	Endpoint        string
	TopicArn        string
}

// ListTopics lists the ARNs of topics. token is the one of the page before, or "".
func (s *Service) ListTopics(_ context.Context, token string) (arns []string, next string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	arns, next = page(slices.Sorted(maps.Keys(s.topics)), token)
	return arns, next, nil
}

// ListSubscriptions lists subscriptions, those of one topic if topicARN is not "".
func (s *Service) ListSubscriptions(_ context.Context, topicARN, token string) (subs []Subscription, next string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if topicARN != "" {
		if _, e := s.find(topicARN); e != nil {
			return nil, "", e
		}
	}
	var all []string
	for arn, sub := range s.subscriptions {
		if topicARN == "" || sub.topic == topicARN {
			all = append(all, arn)
		}
	}
	slices.Sort(all)
	arns, next := page(all, token)
	for _, arn := range arns {
		sub := s.subscriptions[arn]
		subs = append(subs, Subscription{SubscriptionArn: arn, Owner: s.cfg.AccountID, Protocol: "sqs", Endpoint: sub.queue, TopicArn: sub.topic})
	}
	return subs, next, nil
}

// page cuts a sorted list: what comes after token, at most pageSize. next is the token of the following page, or "".
func page(sorted []string, token string) (items []string, next string) {
	from, found := slices.BinarySearch(sorted, token)
	if found {
		from++
	}
	rest := sorted[from:]
	if len(rest) <= pageSize {
		return rest, ""
	}
	return rest[:pageSize], rest[pageSize-1]
}
