package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"golang.org/x/sync/errgroup"
)

const (
	// workers put the records of a share of the keys each.
	workers = 4
	// retryPause is how long the producer waits before it puts again what Kinesis has
	// refused.
	retryPause = 100 * time.Millisecond
)

// producer puts the records of a workload and notes what was acknowledged. A request
// holds one record of a key, and the next request waits for it: what is put again
// never overtakes, so that the numbers of a chain ascend in Kinesis.
type producer struct {
	kinesis  *kinesis.Client
	stream   string
	workload *workload
	truth    *truth
	prints   fingerprint
	rate     float64 // records per second
}

// pending is a record to be put.
type pending struct {
	chain, number int
	entry         types.PutRecordsRequestEntry
}

// run puts so many records.
func (p *producer) run(ctx context.Context, records int) error {
	g, ctx := errgroup.WithContext(ctx)
	for w := range workers {
		share := records / workers
		if w < records%workers {
			share++
		}
		g.Go(func() error { return p.work(ctx, w, share) })
	}
	return g.Wait()
}

// work puts a share of the records, of the keys of one worker in turn.
func (p *producer) work(ctx context.Context, worker, share int) error {
	start := time.Now()
	for sent, round := 0, 0; sent < share; round++ {
		var batch []pending
		for key := worker; key < keyCount && sent+len(batch) < share; key += workers {
			chains := p.workload.keys[key]
			batch = append(batch, p.next(chains[round%len(chains)]))
		}
		if err := p.put(ctx, batch); err != nil {
			return err
		}
		sent += len(batch)
		due := start.Add(time.Duration(float64(sent) / (p.rate / workers) * float64(time.Second)))
		if err := sleep(ctx, time.Until(due)); err != nil {
			return err
		}
	}
	return nil
}

// finish puts one last record into every chain: who has got it has got all that it
// will ever get of the chain.
func (p *producer) finish(ctx context.Context) error {
	for i := range roverStates {
		var batch []pending
		for _, chains := range p.workload.keys {
			if i < len(chains) {
				batch = append(batch, p.next(chains[i]))
			}
		}
		if err := p.put(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// next makes the next record of a chain.
func (p *producer) next(chain int) pending {
	number := p.truth.next(chain)
	return pending{chain, number, types.PutRecordsRequestEntry{
		PartitionKey: &p.workload.chains[chain].Key, Data: p.workload.data(chain, number),
	}}
}

// put puts a batch until all of it is acknowledged.
func (p *producer) put(ctx context.Context, batch []pending) error {
	for len(batch) > 0 {
		entries := make([]types.PutRecordsRequestEntry, len(batch))
		for i, b := range batch {
			entries[i] = b.entry
		}
		begun := time.Now()
		out, err := p.kinesis.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: &p.stream, Records: entries})
		if err != nil {
			return fmt.Errorf("put records: %w", err) // whether they were taken is not known
		}
		var left []pending
		for i, res := range out.Records {
			if res.ErrorCode != nil {
				left = append(left, batch[i])
				continue
			}
			id := eventID(aws.ToString(res.ShardId), aws.ToString(res.SequenceNumber))
			p.truth.add(batch[i].chain, record{p.prints.of(id), begun})
		}
		if batch = left; len(batch) > 0 {
			if err := sleep(ctx, retryPause); err != nil {
				return err
			}
		}
	}
	return nil
}

// eventID is the id of a record's event, as the API says.
func eventID(shard, sequence string) string {
	shard = strings.TrimLeft(strings.TrimPrefix(shard, "shardId-"), "0")
	if shard == "" {
		shard = "0"
	}
	return shard + ":" + sequence + ":0"
}

// sleep waits until d has passed or ctx ends, whose error it returns.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
