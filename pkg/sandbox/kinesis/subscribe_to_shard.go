package kinesis

import (
	"context"
	"strings"
	"time"
)

// SubscribeToShardInput is the input of SubscribeToShard.
type SubscribeToShardInput struct {
	ConsumerARN      string
	ShardId          string
	StartingPosition StartingPosition
	DryRun           bool
}

// StartingPosition is where a subscription starts: Type is that of a shard iterator.
type StartingPosition struct {
	Type           string
	SequenceNumber string
	Timestamp      time.Time
}

// SubscribeToShard delivers a shard to a registered consumer from a position on,
// for five minutes. A subscription that the consumer already has for the shard is
// taken over once it is five seconds old.
// Errors: CodeResourceNotFound, CodeResourceInUse, CodeInvalidArgument, CodeValidation.
func (s *Service) SubscribeToShard(ctx context.Context, in SubscribeToShardInput) (*Subscription, error) {
	return checked(ctx, s, "SubscribeToShard", in, (*Service).subscribeToShard)
}

func (s *Service) subscribeToShard(_ context.Context, in SubscribeToShardInput) (*Subscription, error) {
	st, c, err := s.consumer(consumerID{arn: in.ConsumerARN})
	if err != nil {
		return nil, err
	}
	now := s.now()
	if c.status(now) != StatusActive {
		return nil, s.errConsumerInactive(c, st.name)
	}
	index, ok := parseShardID(in.ShardId)
	if !ok {
		return nil, s.errShardText(st.name, in.ShardId)
	}
	_, sh, err := s.shard(st.name, index)
	if err != nil {
		return nil, err
	}
	from, err := s.iteratorPosition(GetShardIteratorInput{
		ShardIteratorType:      in.StartingPosition.Type,
		StartingSequenceNumber: in.StartingPosition.SequenceNumber,
		Timestamp:              in.StartingPosition.Timestamp,
	}, st.name, sh)
	if err != nil {
		return nil, err
	}
	if in.DryRun {
		return nil, errDryRun()
	}
	sub := &Subscription{service: s, stream: st, shard: sh, began: now, stopped: make(chan struct{}), from: from}
	if err := c.subs.begin(sub, s.errSubscribed(st, sh, c)); err != nil {
		return nil, err
	}
	return sub, nil
}

// errSubscribed has the text that users saw (github.com/awslabs/amazon-kinesis-client/issues/391).
func (s *Service) errSubscribed(st *stream, sh *shard, c *consumer) *Error {
	return fault(CodeResourceInUse, "Another active subscription exists for this consumer: %s",
		strings.Join([]string{s.cfg.AccountID, st.name, sh.id, c.name}, ":"))
}
