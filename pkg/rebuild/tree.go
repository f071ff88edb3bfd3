package rebuild

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"golang.org/x/sync/errgroup"
)

const (
	// maxShards bounds the shards of a stream, the closed ones among them, and the
	// names of shards in the log: several times what AWS gives to an account.
	maxShards = 100_000
	// readers is how many shards are read at once. Each has a page of 10 MiB in memory
	// and as much of encoded events.
	readers = 8
)

// tree says which shards may be read: those whose parents have been.
type tree struct {
	waits    map[string]int      // number of parents that are not done, by shard
	children map[string][]string // by parent
	ready    []string            // in the order of the listing
	done     int
}

// newTree orders shards. A parent that is not listed has no records left.
func newTree(shards []types.Shard) *tree {
	t := &tree{waits: map[string]int{}, children: map[string][]string{}}
	for _, s := range shards {
		t.waits[aws.ToString(s.ShardId)] = 0
	}
	for _, s := range shards {
		id := aws.ToString(s.ShardId)
		for _, parent := range []string{aws.ToString(s.ParentShardId), aws.ToString(s.AdjacentParentShardId)} {
			if _, listed := t.waits[parent]; listed {
				t.waits[id]++
				t.children[parent] = append(t.children[parent], id)
			}
		}
	}
	for _, s := range shards {
		if id := aws.ToString(s.ShardId); t.waits[id] == 0 {
			t.ready = append(t.ready, id)
		}
	}
	return t
}

func (t *tree) size() int { return len(t.waits) }

// finish notes that a shard is done and returns those that waited for nothing else.
func (t *tree) finish(shard string) []string {
	t.done++
	var ready []string
	for _, child := range t.children[shard] {
		if t.waits[child]--; t.waits[child] == 0 {
			ready = append(ready, child)
		}
	}
	return ready
}

// readAll reads all shards, some at a time, parents before their children.
func (r *run) readAll(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	tellCtx, stop := context.WithCancel(ctx)
	defer stop()
	if r.cfg.OnProgress != nil {
		g.Go(func() error { r.tell(tellCtx); return nil })
	}
	done := make(chan string)
	ready, reading := r.tree.ready, 0
	for len(ready) > 0 || reading > 0 {
		for ; len(ready) > 0 && reading < readers; reading++ {
			shard := ready[0]
			ready = ready[1:]
			g.Go(func() error {
				if err := r.readShard(ctx, shard); err != nil {
					return fmt.Errorf("shard %s: %w", shard, err)
				}
				select {
				case done <- shard:
				case <-ctx.Done():
				}
				return nil
			})
		}
		select {
		case shard := <-done:
			reading--
			ready = append(ready, r.finished(shard)...)
		case <-ctx.Done():
			if err := g.Wait(); err != nil {
				return err
			}
			return ctx.Err()
		}
	}
	stop()
	if err := g.Wait(); err != nil {
		return err
	}
	if r.tree.done != r.tree.size() {
		return errors.New("ListShards answers with shards that are their own ancestors")
	}
	return nil
}

// listShards lists the stream's shards, those that are closed and have records
// among them.
func (r *run) listShards(ctx context.Context) ([]types.Shard, error) {
	var shards []types.Shard
	in := &kinesis.ListShardsInput{StreamName: aws.String(r.cfg.Stream)}
	for {
		var out *kinesis.ListShardsOutput
		err := r.try(ctx, func(ctx context.Context) (err error) {
			out, err = r.cfg.Kinesis.ListShards(ctx, in)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("list the shards of stream %s: %w", r.cfg.Stream, err)
		}
		shards = append(shards, out.Shards...)
		if len(shards) > maxShards {
			return nil, fmt.Errorf("list the shards of stream %s: there are more than %d", r.cfg.Stream, maxShards)
		}
		if aws.ToString(out.NextToken) == "" {
			return shards, nil
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken}
	}
}

// streamARN returns the stream's full name.
func (r *run) streamARN(ctx context.Context) (string, error) {
	var out *kinesis.DescribeStreamSummaryOutput
	err := r.try(ctx, func(ctx context.Context) (err error) {
		out, err = r.cfg.Kinesis.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String(r.cfg.Stream)})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("describe stream %s: %w", r.cfg.Stream, err)
	}
	return aws.ToString(out.StreamDescriptionSummary.StreamARN), nil
}
