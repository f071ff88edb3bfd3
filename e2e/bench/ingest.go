package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/ingest"
)

const (
	// preparedInvocations are some ten megabytes.
	preparedInvocations = 200
	// shards are those that have records at the same time: a Redis that serves a single
	// writer sleeps and wakes for each of its calls, which is then most of what they cost.
	shards = 8
)

// ingestConfig says how a consumer is to be.
type ingestConfig struct {
	URL           string // of Redis
	Sample        bool   // publishes every record
	Topics, Bytes int
	Batch         int // records of an invocation
	// Budget is one that the warm-up uses up. From then on the log lets go of as much as it
	// gets, which is the state that it is in, in operation: one that grows has Redis get
	// memory of the system, a third of what an append then costs.
	Budget int64
}

// ingested is what a consumer tells of a time. CPU is in seconds of its process, from the
// JSON of the invocations on.
type ingested struct {
	Records int64
	CPU     float64
}

// consumer is what the Lambda function is, without Lambda.
type consumer struct {
	ingestConfig
	maker  *maker
	handle func(ctx context.Context, payload []byte) error
}

// newIngest is the role of the Lambda function.
func newIngest(_ context.Context, conf []byte) (handler, error) {
	c := &consumer{}
	if err := json.Unmarshal(conf, &c.ingestConfig); err != nil {
		return nil, err
	}
	c.maker = newMaker(c.Topics, c.Bytes)
	var err error
	if c.Sample {
		c.handle, err = publishRecords(c.URL)
	} else {
		c.handle, err = appendRecords(c.URL, c.Budget)
	}
	return func(ctx context.Context, do string, args json.RawMessage) (any, error) {
		var length time.Duration
		if err := json.Unmarshal(args, &length); err != nil || do != "run" {
			return nil, fmt.Errorf("cannot %s %s", do, args)
		}
		return c.run(ctx, length)
	}, err
}

// appendRecords handles an invocation as the consumer does.
func appendRecords(url string, budget int64) (func(context.Context, []byte) error, error) {
	log, err := eventlog.Open(eventlog.Config{URL: url, Budget: budget, Governs: true})
	if err != nil {
		return nil, err
	}
	route, err := ingest.ParseRoute("{partition_key}")
	if err != nil {
		return nil, err
	}
	h := ingest.New(ingest.Config{Route: route, Log: log, Logger: slog.New(slog.DiscardHandler), Metrics: io.Discard})
	return func(ctx context.Context, payload []byte) error {
		answer, err := h.Invoke(ctx, payload)
		if err != nil {
			return err
		}
		var resp events.KinesisEventResponse
		if err := json.Unmarshal(answer, &resp); err != nil {
			return err
		}
		if len(resp.BatchItemFailures) > 0 {
			return fmt.Errorf("batch failed from %s", resp.BatchItemFailures[0].ItemIdentifier)
		}
		return nil
	}, nil
}

// publishRecords handles an invocation as the sample does.
func publishRecords(url string) (func(context.Context, []byte) error, error) {
	opts, err := redis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	rdb := redis.NewClient(opts)
	return func(ctx context.Context, payload []byte) error {
		var ev events.KinesisEvent
		if err := json.Unmarshal(payload, &ev); err != nil {
			return err
		}
		for i := range ev.Records {
			k := &ev.Records[i].Kinesis
			if err := rdb.Publish(ctx, k.PartitionKey, k.Data).Err(); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// run handles invocations until a time is used up. What makes them is not counted: they
// are made beforehand, some at a time.
func (c *consumer) run(ctx context.Context, length time.Duration) (ingested, error) {
	var sum ingested
	for used := time.Duration(0); used < length; {
		payloads, err := c.invocations(preparedInvocations / shards)
		if err != nil {
			return sum, err
		}
		runtime.GC() // what is left of making them is not the consumer's to clear away
		begin, before := time.Now(), ownCPU()
		if err := c.take(ctx, payloads); err != nil {
			return sum, err
		}
		sum.CPU += ownCPU() - before
		used += time.Since(begin)
		sum.Records += int64(c.Batch) * int64(preparedInvocations/shards) * shards
	}
	return sum, nil
}

// take handles the invocations of every shard, one after the other, and those of several
// shards side by side, as Lambda does.
func (c *consumer) take(ctx context.Context, payloads [shards][][]byte) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, list := range payloads {
		g.Go(func() error {
			for _, payload := range list {
				if err := c.handle(ctx, payload); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// invocations makes the next ones of every shard, as Lambda sends them.
func (c *consumer) invocations(count int) (payloads [shards][][]byte, err error) {
	for i := range payloads {
		for range count {
			payload, err := json.Marshal(c.invocation(fmt.Sprintf("shardId-%012d", i)))
			if err != nil {
				return payloads, err
			}
			payloads[i] = append(payloads[i], payload)
		}
	}
	return payloads, nil
}

// invocation makes what Lambda sends for the next records of a shard.
func (c *consumer) invocation(shard string) events.KinesisEvent {
	var ev events.KinesisEvent
	at := time.Now()
	for range c.Batch {
		e := c.maker.next(at)
		ev.Records = append(ev.Records, events.KinesisEventRecord{
			EventID: shard + ":" + e.SequenceNumber, EventName: "aws:kinesis:record", EventSource: "aws:kinesis", EventVersion: "1.0",
			EventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/weather", AwsRegion: "us-east-1",
			Kinesis: events.KinesisRecord{
				ApproximateArrivalTimestamp: events.SecondsEpochTime{Time: at}, PartitionKey: e.Topic,
				SequenceNumber: sequenceOf(e.SequenceNumber), Data: e.Data, KinesisSchemaVersion: "1.0",
			},
		})
	}
	return ev
}

// sequenceOf makes a number as long as Kinesis's are.
func sequenceOf(number string) string {
	const kinesisDigits = 56
	n, _ := strconv.Atoi(number)
	return "4" + fmt.Sprintf("%0*d", kinesisDigits-1, n)
}

// ownCPU is the CPU that this process has used, in seconds.
func ownCPU() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // has no reason to fail
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}
