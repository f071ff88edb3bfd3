package kinesis

import (
	"context"
	"time"
)

// StreamConsumerInput is the input of DeregisterStreamConsumer and DescribeStreamConsumer:
// a ConsumerARN, or the ARN of the stream and a name.
type StreamConsumerInput struct{ StreamARN, ConsumerName, ConsumerARN string }

func (in StreamConsumerInput) id() consumerID {
	return consumerID{streamARN: in.StreamARN, name: in.ConsumerName, arn: in.ConsumerARN}
}

// DeregisterStreamConsumer deletes a consumer and ends its subscriptions.
// Errors: CodeResourceNotFound, CodeResourceInUse, CodeInvalidArgument, CodeValidation.
func (s *Service) DeregisterStreamConsumer(ctx context.Context, in StreamConsumerInput) error {
	return checkedSilent(ctx, s, "DeregisterStreamConsumer", in, (*Service).deregisterStreamConsumer)
}

func (s *Service) deregisterStreamConsumer(_ context.Context, in StreamConsumerInput) error {
	return s.changeConsumer(in.id(), func(st *stream, c *consumer, now time.Time) error {
		if c.status(now) != StatusActive {
			return s.errConsumerInactive(c, st.name)
		}
		c.phase, c.settles = StatusDeleting, now.Add(s.cfg.StateDelay)
		c.subs.end(s.errNoConsumer(c.name))
		return nil
	})
}
