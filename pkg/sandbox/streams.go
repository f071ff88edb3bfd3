package sandbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
	"github.com/spillway/spillway/pkg/sandbox/lambda"
	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

// streams lets event source mappings read Kinesis.
type streams struct{ *kinesis.Service }

// Shards implements eventsource.Streams.
func (s streams) Shards(ctx context.Context, streamARN string) ([]eventsource.Shard, error) {
	infos, err := s.Service.Shards(ctx, streamARN)
	if err != nil {
		return nil, streamError(err)
	}
	stream, err := s.DescribeStreamSummary(ctx, kinesis.DescribeStreamSummaryInput{StreamARN: streamARN})
	if err != nil {
		return nil, streamError(err)
	}
	retention := time.Duration(stream.StreamDescriptionSummary.RetentionPeriodHours) * time.Hour
	shards := make([]eventsource.Shard, len(infos))
	for i, info := range infos {
		shards[i].ID, shards[i].Begins, shards[i].Retention = info.ID, info.StartingSequenceNumber, retention
		for _, parent := range []string{info.ParentID, info.AdjacentParentID} {
			if parent != "" {
				shards[i].Parents = append(shards[i].Parents, parent)
			}
		}
	}
	return shards, nil
}

// Read implements eventsource.Streams.
func (s streams) Read(ctx context.Context, streamARN, shardID string, from eventsource.Position, maxRecords, maxBytes int) (eventsource.Batch, error) {
	pos, err := toKinesis(from)
	if err != nil {
		return eventsource.Batch{}, err
	}
	res, err := s.ReadShard(ctx, streamARN, shardID, pos, maxRecords, maxBytes)
	if err != nil {
		return eventsource.Batch{}, streamError(err)
	}
	b := eventsource.Batch{Next: from, End: res.Closed, Records: toRecords(res.Records)}
	if bound, ok := res.Next.Bound(); ok {
		b.Next = eventsource.Position{Kind: eventsource.AtSequence, SequenceNumber: bound}
	}
	return b, nil
}

func toRecords(records []kinesis.Record) []eventsource.Record {
	out := make([]eventsource.Record, len(records))
	for i, r := range records {
		out[i] = eventsource.Record{SequenceNumber: r.SequenceNumber, PartitionKey: r.PartitionKey, Data: r.Data, Arrival: r.ApproximateArrivalTimestamp.Time}
	}
	return out
}

// Wait implements eventsource.Streams.
func (s streams) Wait(ctx context.Context, streamARN, shardID string, from eventsource.Position) error {
	pos, err := toKinesis(from)
	if err != nil {
		return err
	}
	return streamError(s.WaitShard(ctx, streamARN, shardID, pos))
}

// toKinesis turns a poller's position into one of Kinesis. A position at a sequence
// number is one that Read gave.
func toKinesis(p eventsource.Position) (kinesis.Position, error) {
	switch p.Kind {
	case eventsource.TrimHorizon:
		return kinesis.TrimHorizon(), nil
	case eventsource.Latest:
		return kinesis.Latest(), nil
	case eventsource.AtTimestamp:
		return kinesis.AtTimestamp(p.Timestamp), nil
	case eventsource.AfterSequence:
		return kinesis.AfterSequenceNumber(p.SequenceNumber)
	case eventsource.AtSequence:
		return kinesis.FromBound(p.SequenceNumber)
	}
	return kinesis.Position{}, fmt.Errorf("position of kind %q", p.Kind)
}

// streamError tells a stream that does not exist in the words of Lambda.
func streamError(err error) error {
	var e *kinesis.Error
	if errors.As(err, &e) && e.Code == kinesis.CodeResourceNotFound {
		return fmt.Errorf("%w: %w", lambda.ErrNoSuchStream, err)
	}
	return err
}
