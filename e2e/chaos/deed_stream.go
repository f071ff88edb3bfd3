package main

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

const (
	// The stream has between minShards and maxShards open ones: what cannot be merged is
	// split, and the other way round.
	minShards, maxShards = 2, 8
	reshardTimeout       = time.Minute
	reshardPoll          = 100 * time.Millisecond
)

// reshard splits the widest shard, or merges two neighbours.
func (c *conductor) reshard(ctx context.Context, f fault) error {
	ctx, cancel := context.WithTimeout(ctx, reshardTimeout)
	defer cancel()
	client := kinesis.NewFromConfig(c.system.AWS())
	stream := &c.system.StreamName
	open, err := openShards(ctx, client, stream)
	if err != nil {
		return err
	}
	if f.Other && len(open) > minShards || len(open) >= maxShards {
		_, err = client.MergeShards(ctx, &kinesis.MergeShardsInput{
			StreamName: stream, ShardToMerge: open[0].ShardId, AdjacentShardToMerge: open[1].ShardId,
		})
	} else {
		wide := widest(open)
		_, err = client.SplitShard(ctx, &kinesis.SplitShardInput{
			StreamName: stream, ShardToSplit: wide.ShardId, NewStartingHashKey: aws.String(middle(wide)),
		})
	}
	if err != nil {
		return err
	}
	return awaitActive(ctx, client, stream)
}

// openShards returns the shards that take records, by their hash keys.
func openShards(ctx context.Context, client *kinesis.Client, stream *string) ([]types.Shard, error) {
	out, err := client.ListShards(ctx, &kinesis.ListShardsInput{
		StreamName: stream, ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest},
	})
	if err != nil {
		return nil, err
	}
	if len(out.Shards) < minShards {
		return nil, fmt.Errorf("%d open shards, want at least %d", len(out.Shards), minShards)
	}
	sortShards(out.Shards)
	return out.Shards, nil
}

func awaitActive(ctx context.Context, client *kinesis.Client, stream *string) error {
	for {
		out, err := client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: stream})
		if err != nil {
			return err
		}
		if out.StreamDescriptionSummary.StreamStatus == types.StreamStatusActive {
			return nil
		}
		if err := sleep(ctx, reshardPoll); err != nil {
			return errors.Join(errors.New("the stream is not active again"), err)
		}
	}
}

func hashKey(text *string) *big.Int {
	n, _ := new(big.Int).SetString(aws.ToString(text), 10) // Kinesis's own
	return n
}

func width(s types.Shard) *big.Int {
	return new(big.Int).Sub(hashKey(s.HashKeyRange.EndingHashKey), hashKey(s.HashKeyRange.StartingHashKey))
}

func widest(shards []types.Shard) types.Shard {
	best := shards[0]
	for _, s := range shards[1:] {
		if width(s).Cmp(width(best)) > 0 {
			best = s
		}
	}
	return best
}

// middle is the hash key in the middle of a shard.
func middle(s types.Shard) string {
	half := new(big.Int).Rsh(width(s), 1)
	return half.Add(half, hashKey(s.HashKeyRange.StartingHashKey)).String()
}

func sortShards(shards []types.Shard) {
	slices.SortFunc(shards, func(a, b types.Shard) int {
		return hashKey(a.HashKeyRange.StartingHashKey).Cmp(hashKey(b.HashKeyRange.StartingHashKey))
	})
}
