package e2e

import (
	"math/big"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/spillway/spillway/e2e/harness"
)

// TestReshard: a stream that is resharded under load, by splits and then by merges,
// loses nothing, and each partition key stays in order: what a parent has comes before
// what its children have.
func TestReshard(t *testing.T) {
	s := startSystem(t, 2, nil)
	r := receive(t, s)
	load := startLoad(t, s.AWS(), s.StreamName)
	puts := kinesis.NewFromConfig(s.AWS())
	r.more(t)
	for _, shard := range openShards(t, puts, s) {
		split(t, puts, s, shard)
		r.more(t)
	}
	shards := openShards(t, puts, s)
	if len(shards) != 4 {
		t.Fatalf("%d shards after two splits of two", len(shards))
	}
	for i := 0; i < len(shards); i += 2 {
		merge(t, puts, s, shards[i], shards[i+1])
		r.more(t)
	}
	if n := len(openShards(t, puts, s)); n != 2 {
		t.Fatalf("%d shards after two merges of four", n)
	}
	rounds := load.stop(t)
	t.Logf("%d records of %d keys", rounds*loadKeys, loadKeys)
	r.check(t, rounds)
	checkLog(t, s.Redis.Addr(), rounds)
	checkNothingGivenUp(t, s)
}

// openShards returns the shards that take records, in the order of their hash keys.
func openShards(t *testing.T, puts *kinesis.Client, s *harness.System) []types.Shard {
	t.Helper()
	out, err := puts.ListShards(t.Context(), &kinesis.ListShardsInput{
		StreamName: &s.StreamName, ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest},
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(out.Shards, func(a, b types.Shard) int {
		return hashKey(t, a.HashKeyRange.StartingHashKey).Cmp(hashKey(t, b.HashKeyRange.StartingHashKey))
	})
	return out.Shards
}

func hashKey(t *testing.T, text *string) *big.Int {
	t.Helper()
	n, ok := new(big.Int).SetString(aws.ToString(text), 10)
	if !ok {
		t.Fatalf("hash key %q", aws.ToString(text))
	}
	return n
}

// split splits a shard in the middle.
func split(t *testing.T, puts *kinesis.Client, s *harness.System, shard types.Shard) {
	t.Helper()
	middle := new(big.Int).Add(hashKey(t, shard.HashKeyRange.StartingHashKey), hashKey(t, shard.HashKeyRange.EndingHashKey))
	middle.Rsh(middle, 1)
	_, err := puts.SplitShard(t.Context(), &kinesis.SplitShardInput{
		StreamName: &s.StreamName, ShardToSplit: shard.ShardId, NewStartingHashKey: aws.String(middle.String()),
	})
	if err != nil {
		t.Fatal(err)
	}
	awaitActive(t, puts, s)
}

func merge(t *testing.T, puts *kinesis.Client, s *harness.System, a, b types.Shard) {
	t.Helper()
	_, err := puts.MergeShards(t.Context(), &kinesis.MergeShardsInput{StreamName: &s.StreamName, ShardToMerge: a.ShardId, AdjacentShardToMerge: b.ShardId})
	if err != nil {
		t.Fatal(err)
	}
	awaitActive(t, puts, s)
}

func awaitActive(t *testing.T, puts *kinesis.Client, s *harness.System) {
	t.Helper()
	await(t, func() bool {
		out, err := puts.DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: &s.StreamName})
		if err != nil {
			t.Fatal(err)
		}
		return out.StreamDescriptionSummary.StreamStatus == types.StreamStatusActive
	}, "the stream is not active")
}
