package sns

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
)

const (
	// MaxTopics bounds the topics, so that no caller can fill the memory with names.
	MaxTopics = 1000
	// MaxSubscriptions bounds the subscriptions of all topics together.
	MaxSubscriptions = 10_000
	// MaxMessageBytes is the longest message, SNS's own.
	MaxMessageBytes = 256 << 10
	// maxTopicName is the longest name, in bytes.
	maxTopicName = 256
	// pageSize is how many topics or subscriptions a page has, as on AWS.
	pageSize = 100
	// maxRequestBytes bounds a request: a message of which every byte is escaped, and room.
	maxRequestBytes = 3*MaxMessageBytes + 64<<10
	// maxAttribute bounds an attribute that is only kept, as a policy.
	maxAttribute = 30 << 10
)

// Queues takes what topics hand on.
type Queues interface {
	// Exists tells whether there is a queue of that ARN.
	Exists(arn string) bool
	// Send sends a message to the queue.
	Send(ctx context.Context, arn string, body []byte) error
}

// Config is what a [Service] needs. Region, AccountID and Queues are required.
type Config struct {
	Region    string
	AccountID string
	Queues    Queues
	Logger    *slog.Logger // nil means none
}

// Service is the emulator. Make one with [New].
type Service struct {
	cfg Config

	mu            sync.Mutex // guards what follows, and what it points to
	topics        map[string]*topic
	subscriptions map[string]*subscription // by ARN
}

// topic is a topic. Guarded by Service.mu.
type topic struct {
	arn        string
	attributes map[string]string
}

// subscription is a queue's subscription to a topic. Guarded by Service.mu.
type subscription struct {
	arn   string
	topic string // its ARN
	queue string // its ARN
	raw   bool   // whether messages come without an envelope
}

// New returns a service without topics.
func New(cfg Config) (*Service, error) {
	if cfg.Region == "" || cfg.AccountID == "" || cfg.Queues == nil {
		return nil, errors.New("sns: Region, AccountID and Queues must be set")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Service{cfg: cfg, topics: make(map[string]*topic), subscriptions: make(map[string]*subscription)}, nil
}

// ARN is the ARN of a topic.
func (s *Service) ARN(name string) string {
	return "arn:aws:sns:" + s.cfg.Region + ":" + s.cfg.AccountID + ":" + name
}

// Exists tells whether there is a topic of that ARN.
func (s *Service) Exists(arn string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.topics[arn] != nil
}

// find returns the topic of an ARN; s.mu is held.
func (s *Service) find(arn string) (*topic, *Error) {
	if !strings.HasPrefix(arn, "arn:aws:sns:") {
		return nil, invalid("TopicArn Reason: An ARN must have at least 6 elements, not %d", strings.Count(arn, ":")+1)
	}
	if t := s.topics[arn]; t != nil {
		return t, nil
	}
	return nil, errorf(CodeNotFound, "Topic does not exist")
}

// findSubscription returns the subscription of an ARN; s.mu is held.
func (s *Service) findSubscription(arn string) (*subscription, *Error) {
	if sub := s.subscriptions[arn]; sub != nil {
		return sub, nil
	}
	return nil, errorf(CodeNotFound, "Subscription does not exist")
}
