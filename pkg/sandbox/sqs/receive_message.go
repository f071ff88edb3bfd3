package sqs

import (
	"context"
	"slices"
	"strconv"
	"time"
)

// ReceiveMessageInput asks for messages.
type ReceiveMessageInput struct {
	QueueUrl                    string
	MaxNumberOfMessages         *int     // nil means 1
	VisibilityTimeout           *int     // seconds; nil means the queue's
	WaitTimeSeconds             *int     // nil means the queue's
	AttributeNames              []string // of messages; deprecated by the next, and the same
	MessageSystemAttributeNames []string
}

// Message is a message as it is received.
type Message struct {
	MessageId     string
	ReceiptHandle string
	MD5OfBody     string
	Body          string
	Attributes    map[string]string `json:",omitempty"`
}

// ReceiveMessage receives messages and hides them from others for the visibility timeout. It waits for the first one as
// long as asked, until ctx ends or the service is closed; that none came is no error.
func (s *Service) ReceiveMessage(ctx context.Context, in ReceiveMessageInput) ([]Message, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	var deadline <-chan time.Time // from the first look at the queue on
	for {
		out, wait, e := s.receive(in)
		if e != nil || len(out) > 0 || wait.limit == 0 {
			return out, asError(e)
		}
		if deadline == nil {
			deadline = time.After(wait.limit)
		}
		soon := time.NewTimer(wait.next)
		ended := false
		select {
		case <-wait.changed:
		case <-soon.C:
		case <-deadline:
			ended = true
		case <-ctx.Done():
			ended = true
		case <-s.closed:
			ended = true
		}
		soon.Stop()
		if ended {
			return nil, nil
		}
	}
}

// asError keeps a nil *Error from becoming an error.
func asError(e *Error) error {
	if e == nil {
		return nil
	}
	return e
}

func (in ReceiveMessageInput) check() *Error {
	for _, p := range []struct {
		name      string
		value     *int
		low, high int
	}{
		{"MaxNumberOfMessages", in.MaxNumberOfMessages, 1, maxReceive},
		{"VisibilityTimeout", in.VisibilityTimeout, 0, int(maxVisibility / time.Second)},
		{"WaitTimeSeconds", in.WaitTimeSeconds, 0, int(maxWait / time.Second)},
	} {
		if p.value != nil && (*p.value < p.low || *p.value > p.high) {
			return outOfRange(p.name, *p.value, p.low, p.high)
		}
	}
	return nil
}

// waiting is what a reader of an empty queue waits for.
type waiting struct {
	limit   time.Duration   // how long it wants to wait in all
	next    time.Duration   // until a hidden message becomes visible
	changed <-chan struct{} // closed when another came
}

// receive takes what is there.
func (s *Service) receive(in ReceiveMessageInput) ([]Message, waiting, *Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, e := s.find(in.QueueUrl)
	if e != nil {
		return nil, waiting{}, e
	}
	now := time.Now()
	s.used -= q.expire(now)
	n, hidden, wait := 1, q.duration(attrVisibility), q.duration(attrWait)
	if in.MaxNumberOfMessages != nil {
		n = *in.MaxNumberOfMessages
	}
	if in.VisibilityTimeout != nil {
		hidden = time.Duration(*in.VisibilityTimeout) * time.Second
	}
	if in.WaitTimeSeconds != nil {
		wait = time.Duration(*in.WaitTimeSeconds) * time.Second
	}
	if _, inFlight, _ := q.counts(now); inFlight >= maxInFlight {
		return nil, waiting{}, errorf(CodeOverLimit, "The number of messages in flight has reached %d.", maxInFlight)
	}
	names := slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)
	var out []Message
	for _, m := range q.take(n, hidden, now) {
		out = append(out, Message{
			MessageId: m.id, ReceiptHandle: m.handle, MD5OfBody: checksum(m.body), Body: m.body, Attributes: s.systemAttributes(m, names),
		})
	}
	next := maxWait
	if at, ok := q.next(); ok {
		next = min(next, at.Sub(now))
	}
	return out, waiting{limit: wait, next: next, changed: q.visible}, nil
}

// systemAttributes are what SQS itself tells of a message, as far as names ask for it.
func (s *Service) systemAttributes(m *message, names []string) map[string]string {
	all := map[string]string{
		"SenderId":                         s.cfg.AccountID,
		"SentTimestamp":                    strconv.FormatInt(m.sent.UnixMilli(), 10),
		"ApproximateReceiveCount":          strconv.Itoa(m.count),
		"ApproximateFirstReceiveTimestamp": strconv.FormatInt(m.first.UnixMilli(), 10),
	}
	if slices.Contains(names, "All") {
		return all
	}
	out := map[string]string{}
	for _, name := range names {
		if value, ok := all[name]; ok {
			out[name] = value
		}
	}
	return out
}
