package rebuild

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/spillway/spillway/pkg/ingest"
)

const (
	// readInterval is how far apart reads of a shard are. Kinesis allows five a second;
	// one is left to others.
	readInterval = 250 * time.Millisecond
	// readBytesPerSecond is what Kinesis gives of a shard.
	readBytesPerSecond = 2 << 20
)

// Kinesis is what Run needs of Kinesis; a *kinesis.Client is one.
type Kinesis interface {
	DescribeStreamSummary(context.Context, *kinesis.DescribeStreamSummaryInput, ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error)
	ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error)
	GetShardIterator(context.Context, *kinesis.GetShardIteratorInput, ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error)
	GetRecords(context.Context, *kinesis.GetRecordsInput, ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error)
}

// reader reads one shard.
type reader struct {
	*run
	shard   string
	encoder *ingest.Encoder

	iterator *string // nil: at the end of a closed shard
	last     string  // sequence number of the last record read, empty before the first
	since    string  // sequence number of a record, since which none was left out
	whole    bool    // since is set, and what was read last was not left out

	unrouted, malformed int // counted already
}

// readShard reads a shard from From to the end, and repairs what it finds missing.
func (r *run) readShard(ctx context.Context, shard string) error {
	rd := &reader{run: r, shard: shard, encoder: ingest.NewEncoder(r.cfg.Route, r.cfg.Stream, shard)}
	r.at(shard, time.Since(r.cfg.From))
	if err := rd.seek(ctx); err != nil {
		return err
	}
	for rd.iterator != nil {
		began := time.Now()
		out, err := rd.records(ctx)
		if err != nil {
			return err
		}
		end, err := rd.take(ctx, out.Records)
		if err != nil {
			return err
		}
		behind := time.Duration(aws.ToInt64(out.MillisBehindLatest)) * time.Millisecond
		if end || behind == 0 && out.NextShardIterator != nil {
			return nil
		}
		r.at(shard, behind)
		rd.iterator = out.NextShardIterator
		if err := sleep(ctx, pace(out.Records)-time.Since(began)); err != nil {
			return err
		}
	}
	return nil
}

// pace returns how long a page of records takes up of what Kinesis gives.
func pace(records []types.Record) time.Duration {
	bytes := 0
	for i := range records {
		bytes += len(records[i].Data) + len(aws.ToString(records[i].PartitionKey))
	}
	return max(readInterval, time.Duration(bytes)*time.Second/readBytesPerSecond)
}

// seek gets an iterator behind the last record, or at From.
func (rd *reader) seek(ctx context.Context) error {
	in := &kinesis.GetShardIteratorInput{
		StreamName: aws.String(rd.cfg.Stream), ShardId: aws.String(rd.shard),
		ShardIteratorType: types.ShardIteratorTypeAtTimestamp, Timestamp: aws.Time(rd.cfg.From),
	}
	if rd.last != "" {
		in.ShardIteratorType, in.Timestamp = types.ShardIteratorTypeAfterSequenceNumber, nil
		in.StartingSequenceNumber = aws.String(rd.last)
	}
	err := rd.try(ctx, func(ctx context.Context) error {
		out, err := rd.cfg.Kinesis.GetShardIterator(ctx, in)
		if err == nil {
			rd.iterator = out.ShardIterator
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("get an iterator: %w", err)
	}
	return nil
}

// records gets a page. An iterator lives for five minutes, which a slow log may use
// up.
func (rd *reader) records(ctx context.Context) (*kinesis.GetRecordsOutput, error) {
	var out *kinesis.GetRecordsOutput
	get := func(ctx context.Context) (err error) {
		out, err = rd.cfg.Kinesis.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: rd.iterator})
		return err
	}
	err := rd.try(ctx, get)
	if _, expired := errors.AsType[*types.ExpiredIteratorException](err); expired {
		if err := rd.seek(ctx); err != nil {
			return nil, err
		}
		err = rd.try(ctx, get)
	}
	if err != nil {
		return nil, fmt.Errorf("get records: %w", err)
	}
	return out, nil
}

// take repairs what is missing of records. It returns true when they have come to
// what the run does not look at any more.
func (rd *reader) take(ctx context.Context, records []types.Record) (end bool, err error) {
	for i := range records {
		rec := &records[i]
		// As in the events: From is compared with what AT_TIMESTAMP goes by.
		arrival := aws.ToTime(rec.ApproximateArrivalTimestamp).Round(time.Millisecond)
		if end = arrival.After(rd.end.Add(clockSkew)); end {
			break
		}
		rd.last = aws.ToString(rec.SequenceNumber)
		// Times are approximate, so behind the first record of From there may be one
		// from before it: the log was not read for its like.
		if arrival.Before(rd.cfg.From) {
			rd.whole = false
			continue
		}
		if !rd.whole {
			rd.since, rd.whole = rd.last, true
		}
		rd.encoder.Add(ingest.KinesisRecord{SequenceNumber: rd.last, PartitionKey: aws.ToString(rec.PartitionKey), Arrival: arrival, Data: rec.Data})
		rd.add(Counts{Records: 1})
		if rd.encoder.Full() {
			if err := rd.flush(ctx); err != nil {
				return false, err
			}
		}
	}
	return end, rd.flush(ctx)
}

// flush appends what is missing of what the encoder has gathered.
func (rd *reader) flush(ctx context.Context) error {
	defer rd.encoder.Reset()
	items := rd.encoder.Items()
	if len(items) == 0 {
		return nil
	}
	unrouted, malformed := rd.encoder.Unrouted(), rd.encoder.Malformed()
	rd.add(Counts{Events: int64(len(items)), Unrouted: int64(unrouted - rd.unrouted), Malformed: int64(malformed - rd.malformed)})
	rd.unrouted, rd.malformed = unrouted, malformed
	return rd.refill(ctx, rd.encoder.Source(), rd.since, items)
}
