package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/spillway/spillway/e2e/ground"
	"github.com/spillway/spillway/e2e/harness"
)

const (
	// kinesisShards take the rate with room to spare, kinesisReaders are enough to see how
	// long events take.
	kinesisShards, kinesisReaders = 4, 10
	// kinesisBatch is how many records are put at once.
	kinesisBatch = 20
	// shardRate is what a shard takes of records in a second.
	shardRate = 1000

	kinesisCustomer = "bench"
)

// kinesisToClient is the whole way, from a record that is put into the sandbox's Kinesis
// to the client. The links of the harness are a part of it.
func kinesisToClient(ctx context.Context, b *bench) (err error) {
	s, err := b.newScene(ctx) // for the load; the system has a Redis of its own
	if err != nil {
		return err
	}
	defer func() { err = s.close(ctx, err) }()
	sys, err := b.startSystem(ctx, filepath.Join(s.Dir, "system"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sys.Stop()) }()
	token, err := sys.Issuer.Issue(kinesisCustomer, time.Hour)
	if err != nil {
		return err
	}
	s.targets = []string{sys.Gateways[0].ClientLink.Addr()}
	s.load, err = s.subscribe(ctx, kinesisReaders, func(c *loadConfig) {
		c.Tokens, c.Ordered = []string{token}, false // shards are in no order
	})
	if err != nil {
		return err
	}
	putting, stop := context.WithCancel(ctx)
	put := make(chan error, 1)
	go func() { put <- b.put(putting, kinesis.NewFromConfig(sys.AWS()), sys.StreamName) }()
	f, err := s.measure(ctx, b.Warm, b.Window)
	stop()
	if err := errors.Join(err, <-put); err != nil {
		return err
	}
	b.report.say("kinesis: %.0f deliveries/s, p50 %.1f ms, p99 %.1f ms", f.rate(), f.P50, f.P99)
	b.report.measured("kinesis", ours, []figures{f})
	b.report.figure("kinesis_p50_ms", f.P50)
	b.report.figure("kinesis_p99_ms", f.P99)
	return nil
}

// startSystem starts the whole of it with one gateway.
func (b *bench) startSystem(ctx context.Context, dir string) (*harness.System, error) {
	root, err := ground.Root(ctx)
	if err != nil {
		return nil, err
	}
	binaries := filepath.Join(b.dir, "binaries")
	if err := harness.Build(ctx, root, binaries, false, nil); err != nil {
		return nil, err
	}
	environment := map[string]string{"SPILLWAY_PLAINTEXT": "true"}
	for _, v := range unlimited() {
		environment[v[0]] = v[1]
	}
	return harness.Start(ctx, harness.Options{
		Dir: dir, Binaries: binaries, Gateways: 1, Shards: max(kinesisShards, 2*b.Rate/shardRate),
		Customers:   []harness.Customer{{Name: kinesisCustomer, Patterns: []string{ground.Everything}}},
		Environment: environment, Parameters: map[string]string{"Route": "{partition_key}"},
	})
}

// put puts records at the rate until ctx ends.
func (b *bench) put(ctx context.Context, client *kinesis.Client, stream string) error {
	m := newMaker(fanoutTopics, b.Bytes)
	p := pace{Rate: b.Rate, Batch: kinesisBatch}
	tick := time.NewTicker(p.tick())
	defer tick.Stop()
	for begin, sent := time.Now(), int64(0); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		var entries []types.PutRecordsRequestEntry
		for range min(p.due(time.Since(begin), sent, 0), 4*kinesisBatch) {
			e := m.next(time.Now())
			entries = append(entries, types.PutRecordsRequestEntry{Data: e.Data, PartitionKey: aws.String(e.Topic)})
		}
		if len(entries) == 0 {
			continue
		}
		sent += int64(len(entries))
		out, err := client.PutRecords(context.WithoutCancel(ctx), &kinesis.PutRecordsInput{StreamName: aws.String(stream), Records: entries})
		if err != nil {
			return err
		}
		if failed := aws.ToInt32(out.FailedRecordCount); failed > 0 {
			return fmt.Errorf("%d of %d records are refused: %s", failed, len(entries), aws.ToString(out.Records[0].ErrorMessage))
		}
	}
}
