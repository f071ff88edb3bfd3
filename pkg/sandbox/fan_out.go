package sandbox

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

// fanOut lets event source mappings read Kinesis as registered consumers.
type fanOut struct{ *kinesis.Service }

// CheckConsumer implements eventsource.FanOut.
func (f fanOut) CheckConsumer(ctx context.Context, consumerARN string) error {
	_, err := f.DescribeStreamConsumer(ctx, kinesis.StreamConsumerInput{ConsumerARN: consumerARN})
	return streamError(err)
}

// Subscribe implements eventsource.FanOut.
func (f fanOut) Subscribe(ctx context.Context, consumerARN, shardID string, from eventsource.Position) (eventsource.Subscription, error) {
	at, err := toStart(from)
	if err != nil {
		return nil, err
	}
	sub, err := f.SubscribeToShard(ctx, kinesis.SubscribeToShardInput{ConsumerARN: consumerARN, ShardId: shardID, StartingPosition: at})
	if err != nil {
		return nil, streamError(err)
	}
	return &subscription{Subscription: sub, next: from}, nil
}

// subscription is one of Kinesis as pollers want it.
type subscription struct {
	*kinesis.Subscription
	next eventsource.Position
}

// Next implements eventsource.Subscription.
func (s *subscription) Next(ctx context.Context) (eventsource.Batch, error) {
	event, err := s.Subscription.Next(ctx)
	if err != nil {
		return eventsource.Batch{}, streamError(err)
	}
	batch := eventsource.Batch{Records: toRecords(event.Records), End: event.ContinuationSequenceNumber == ""}
	switch {
	case !batch.End:
		s.next = eventsource.Position{Kind: eventsource.AfterSequence, SequenceNumber: event.ContinuationSequenceNumber}
	case len(batch.Records) > 0:
		s.next = eventsource.Position{Kind: eventsource.AfterSequence, SequenceNumber: batch.Records[len(batch.Records)-1].SequenceNumber}
	}
	batch.Next = s.next
	return batch, nil
}

// Close implements eventsource.Subscription. Nothing is left running; as on AWS, the
// consumer can subscribe to the shard again five seconds after it has last.
func (s *subscription) Close() {}

// toStart turns a poller's position into where a subscription starts. A bound, as
// Read gives it, is a sequence number or the number that follows one; the last
// hexadecimal digit of a sequence number is its version, 2.
func toStart(p eventsource.Position) (kinesis.StartingPosition, error) {
	if p.Kind != eventsource.AtSequence {
		return kinesis.StartingPosition{Type: string(p.Kind), SequenceNumber: p.SequenceNumber, Timestamp: p.Timestamp}, nil
	}
	bound, ok := new(big.Int).SetString(p.SequenceNumber, 10)
	if !ok {
		return kinesis.StartingPosition{}, fmt.Errorf("position at %q: %w", p.SequenceNumber, errors.ErrUnsupported)
	}
	const version = 2
	if new(big.Int).Mod(bound, big.NewInt(16)).Int64() == version {
		return kinesis.StartingPosition{Type: string(eventsource.AtSequence), SequenceNumber: p.SequenceNumber}, nil
	}
	before := bound.Sub(bound, big.NewInt(1))
	return kinesis.StartingPosition{Type: string(eventsource.AfterSequence), SequenceNumber: before.String()}, nil
}
