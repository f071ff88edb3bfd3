package sqs

import (
	"context"
	"time"
	"unicode/utf8"
)

// SendMessageInput is a message for a queue.
type SendMessageInput struct {
	QueueUrl     string
	MessageBody  string
	DelaySeconds *int // nil means the queue's
}

// SendMessageOutput says what was sent.
type SendMessageOutput struct {
	MD5OfMessageBody string
	MessageId        string
}

// SendMessage puts a message into a queue.
func (s *Service) SendMessage(_ context.Context, in SendMessageInput) (SendMessageOutput, error) {
	s.mu.Lock()
	q, e := s.find(in.QueueUrl)
	s.mu.Unlock()
	if e != nil {
		return SendMessageOutput{}, e
	}
	if in.MessageBody == "" {
		return SendMessageOutput{}, missing("MessageBody")
	}
	id, err := s.send(q, in.MessageBody, in.DelaySeconds)
	if err != nil {
		return SendMessageOutput{}, err
	}
	return SendMessageOutput{MD5OfMessageBody: checksum(in.MessageBody), MessageId: id}, nil
}

func (s *Service) send(q *queue, body string, delay *int) (string, error) {
	if delay != nil && (*delay < 0 || *delay > int(maxDelay/time.Second)) {
		return "", errorf(CodeInvalidParameter, "Value %d for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.", *delay)
	}
	if !isText(body) {
		return "", errorf(CodeInvalidContents, "Invalid binary character was found in the message body, the set of allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queues[q.name] != q {
		return "", noQueue() // it was deleted meanwhile
	}
	if limit := q.number(attrSize); len(body) > limit {
		return "", errorf(CodeInvalidParameter, "One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", limit)
	}
	now := time.Now()
	if err := s.reserve(int64(len(body))+messageOverhead, now); err != nil {
		return "", err
	}
	hold := q.duration(attrDelay)
	if delay != nil {
		hold = time.Duration(*delay) * time.Second
	}
	return q.put(body, hold, now).id, nil
}

// isText tells whether a body has only characters that SQS allows.
func isText(body string) bool {
	for i, r := range body {
		switch {
		case r == utf8.RuneError:
			if _, size := utf8.DecodeRuneInString(body[i:]); size == 1 {
				return false
			}
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0xFFFE, r == 0xFFFF:
			return false
		}
	}
	return true
}
