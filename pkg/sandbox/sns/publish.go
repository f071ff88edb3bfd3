package sns

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// notification is the envelope of a message, as the guide "Amazon SNS message and JSON formats" has it.
type notification struct {
	Type             string
	MessageId        string
	TopicArn         string
	Subject          string `json:",omitempty"`
	Message          string
	Timestamp        string
	SignatureVersion string
	Signature        string
	SigningCertURL   string
	UnsubscribeURL   string
}

// maxSubject is the longest subject, in characters.
const maxSubject = 100

// Publish hands a message to every queue that subscribed to the topic, and returns its id.
func (s *Service) Publish(ctx context.Context, topicARN, subject, message string) (string, error) {
	switch {
	case message == "":
		return "", invalid("Empty message")
	case len(message) > MaxMessageBytes:
		return "", invalid("Message too long")
	case utf8.RuneCountInString(subject) > maxSubject:
		return "", invalid("Subject")
	}
	subs, err := s.subscribed(topicARN)
	if err != nil {
		return "", err
	}
	id, now := uuid.NewString(), time.Now().UTC()
	for _, sub := range subs {
		body := []byte(message)
		if !sub.raw {
			if body, err = json.Marshal(notification{
				Type: "Notification", MessageId: id, TopicArn: topicARN, Subject: subject, Message: message,
				Timestamp: now.Format("2006-01-02T15:04:05.000Z"), SignatureVersion: "1", Signature: "none",
				SigningCertURL: "https://sns." + s.cfg.Region + ".amazonaws.com/SimpleNotificationService-none.pem",
				UnsubscribeURL: "https://sns." + s.cfg.Region + ".amazonaws.com/?Action=Unsubscribe&SubscriptionArn=" + sub.arn,
			}); err != nil {
				return "", fmt.Errorf("publish to %s: %w", topicARN, err)
			}
		}
		if err := s.cfg.Queues.Send(ctx, sub.queue, body); err != nil {
			s.cfg.Logger.Warn("notification lost", "topic", topicARN, "queue", sub.queue, "error", err)
		}
	}
	return id, nil
}

// subscribed copies the subscriptions of a topic.
func (s *Service) subscribed(topicARN string) ([]subscription, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, e := s.find(topicARN); e != nil {
		return nil, e
	}
	var out []subscription
	for _, sub := range s.subscriptions {
		if sub.topic == topicARN {
			out = append(out, *sub)
		}
	}
	return out, nil
}
