package eventsource

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"
)

// FanOut is the enhanced fan-out of Kinesis, for mappings whose source is a consumer of a stream.
type FanOut interface {
	// CheckConsumer says why a consumer cannot be read, or nil.
	CheckConsumer(ctx context.Context, consumerARN string) error
	// Subscribe begins to push what a shard holds from a position on.
	Subscribe(ctx context.Context, consumerARN, shardID string, from Position) (Subscription, error)
}

// Subscription is what a consumer is pushed of one shard.
type Subscription interface {
	// Next waits for what comes next. It returns io.EOF when the time of the subscription is over, and ctx's error,
	// having lost nothing, if ctx ends first.
	Next(ctx context.Context) (Batch, error)
	Close()
}

// consumerMark is between the ARN of a stream and the name of a consumer in the consumer's ARN.
const consumerMark = "/consumer/"

// StreamOf is the ARN of the stream that an event source is, or is a consumer of, and which of the two it is.
func StreamOf(sourceARN string) (streamARN string, consumer bool) {
	streamARN, _, consumer = strings.Cut(sourceARN, consumerMark)
	return streamARN, consumer
}

// pushGrace is how long a shard is listened to at the end of a tumbling window for what was pushed before.
const pushGrace = 10 * time.Millisecond

// pushed reads a shard through a subscription, and subscribes anew when that ends. A source makes one call at a time.
type pushed struct {
	fanOut      FanOut
	consumerARN string
	shardID     string

	subscription Subscription
	at           Position // where the subscription goes on
	pending      *Batch   // what was pushed and not read
}

// read returns what was pushed. It never waits: what is under way is awaited by wait.
func (r *pushed) read(_ context.Context, from Position, maxRecords int) (Batch, error) {
	if r.pending == nil || r.at != from {
		return Batch{Next: from}, nil
	}
	out := *r.pending
	r.pending = nil
	if len(out.Records) > maxRecords {
		rest := out
		out.Records, rest.Records = out.Records[:maxRecords], out.Records[maxRecords:]
		out.End, out.Next = false, Position{Kind: AfterSequence, SequenceNumber: out.Records[maxRecords-1].SequenceNumber}
		r.pending = &rest
	}
	r.at = out.Next
	return out, nil
}

func (r *pushed) wait(ctx context.Context, from Position) error {
	if r.pending != nil && r.at == from {
		return nil
	}
	if r.subscription == nil || r.at != from {
		r.close()
		s, err := r.fanOut.Subscribe(ctx, r.consumerARN, r.shardID, from)
		if err != nil {
			return err
		}
		r.subscription, r.at = s, from
	}
	batch, err := r.subscription.Next(ctx)
	switch {
	case err == nil:
		r.pending = &batch
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	r.close()
	if errors.Is(err, io.EOF) {
		return nil // the next call subscribes again
	}
	return err
}

func (r *pushed) close() {
	if r.subscription != nil {
		r.subscription.Close()
	}
	r.subscription, r.pending = nil, nil
}
