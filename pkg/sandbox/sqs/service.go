package sqs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Config is what a [Service] needs. Region, AccountID and Endpoint are required.
type Config struct {
	Region    string
	AccountID string
	// Endpoint is the URL that begins the URLs of queues.
	Endpoint string
	// MaxBytes is the budget of all messages together; 0 means [DefaultMaxBytes].
	MaxBytes int64
	Logger   *slog.Logger // nil means none
}

// Service is the emulator. Make one with [New], end it with [Service.Close].
type Service struct {
	cfg    Config
	closed chan struct{} // closed by Close

	mu     sync.Mutex // guards what follows, and every queue
	queues map[string]*queue
	used   int64
}

// New returns a service without queues.
func New(cfg Config) (*Service, error) {
	if cfg.Region == "" || cfg.AccountID == "" || cfg.Endpoint == "" {
		return nil, errors.New("sqs: Region, AccountID and Endpoint must be set")
	}
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = DefaultMaxBytes
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.Endpoint = strings.TrimRight(cfg.Endpoint, "/")
	return &Service{cfg: cfg, closed: make(chan struct{}), queues: make(map[string]*queue)}, nil
}

// Close ends the calls that wait for messages. It is called once.
func (s *Service) Close() { close(s.closed) }

// Memory is what the messages take, and may take, in bytes.
func (s *Service) Memory() (used, limit int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used, s.cfg.MaxBytes
}

// ARN is the ARN of a queue.
func (s *Service) ARN(name string) string {
	return "arn:aws:sqs:" + s.cfg.Region + ":" + s.cfg.AccountID + ":" + name
}

// Exists tells whether there is a queue of that ARN.
func (s *Service) Exists(arn string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byARN(arn) != nil
}

// Send sends a message to the queue that arn names, as AWS's own services do.
func (s *Service) Send(_ context.Context, arn string, body []byte) error {
	s.mu.Lock()
	q := s.byARN(arn)
	s.mu.Unlock()
	if q == nil {
		return fmt.Errorf("send to %s: %w", arn, noQueue())
	}
	if _, err := s.send(q, string(body), nil); err != nil {
		return fmt.Errorf("send to %s: %w", arn, err)
	}
	return nil
}

func (s *Service) byARN(arn string) *queue {
	name, ok := strings.CutPrefix(arn, s.ARN(""))
	if !ok {
		return nil
	}
	return s.queues[name]
}

func (s *Service) url(name string) string {
	return s.cfg.Endpoint + "/" + s.cfg.AccountID + "/" + name
}

var nameExpr = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// find returns the queue of a URL; s.mu is held. A URL's host is not looked at: a queue is reached by several names.
func (s *Service) find(url string) (*queue, *Error) {
	if url == "" {
		return nil, missing("QueueUrl")
	}
	parts := strings.Split(url, "/")
	name := parts[len(parts)-1]
	if len(parts) < 2 || len(name) > maxQueueName || !nameExpr.MatchString(name) {
		return nil, errorf(CodeInvalidAddress, "The address %s is not valid for this endpoint.", url)
	}
	q := s.queues[name]
	if q == nil || parts[len(parts)-2] != s.cfg.AccountID {
		return nil, noQueue()
	}
	return q, nil
}

// reserve books n bytes, unless that passes the budget even when everything that is too old has gone; s.mu is held.
func (s *Service) reserve(n int64, now time.Time) *Error {
	if s.used+n > s.cfg.MaxBytes {
		for _, q := range s.queues {
			s.used -= q.expire(now)
		}
	}
	if s.used+n > s.cfg.MaxBytes {
		return errorf(CodeOverLimit, "The messages of all queues may have %d bytes together.", s.cfg.MaxBytes)
	}
	s.used += n
	return nil
}
