package kinesis

import (
	"context"
	"time"
)

// MergeShardsInput is the input of MergeShards.
type MergeShardsInput struct {
	StreamName, StreamARN string
	ShardToMerge          string
	AdjacentShardToMerge  string
}

// MergeShards closes two open shards with adjacent hash keys and opens one for both.
// Errors: CodeResourceNotFound, CodeResourceInUse, CodeInvalidArgument, CodeValidation.
func (s *Service) MergeShards(ctx context.Context, in MergeShardsInput) error {
	if err := s.check("MergeShards", in); err != nil {
		return err
	}
	return s.mergeShards(ctx, in)
}

func (s *Service) mergeShards(_ context.Context, in MergeShardsInput) error {
	return s.change(in.StreamName, in.StreamARN, func(st *stream, now time.Time) (streamState, error) {
		next, parents, err := s.beginReshard(st, now, in.ShardToMerge, in.AdjacentShardToMerge)
		if err != nil {
			return streamState{}, err
		}
		a, b := parents[0], parents[1]
		if a.hash.last.next() != b.hash.first && b.hash.last.next() != a.hash.first {
			return streamState{}, fault(CodeInvalidArgument,
				"Shards %s and %s in stream %s under account %s are not an adjacent pair of shards eligible for merging",
				a.id, b.id, st.name, s.cfg.AccountID)
		}
		whole := hashRange{a.hash.first, b.hash.last}
		if b.hash.first.less(a.hash.first) {
			whole = hashRange{b.hash.first, a.hash.last}
		}
		next.reshard(parents, now, &s.memory, whole)
		return next, nil
	})
}
