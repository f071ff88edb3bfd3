package kinesis

import (
	"context"
	"slices"
	"time"
)

// childCreatedLater is how much later than the split a child's creation is in its sequence numbers.
const childCreatedLater = time.Second

// closedPerOpen bounds the shards that a stream remembers, closed ones
// included, as a multiple of the shard limit: endless resharding fills no memory.
const closedPerOpen = 10

// SplitShardInput is the input of SplitShard.
type SplitShardInput struct {
	StreamName, StreamARN string
	ShardToSplit          string
	NewStartingHashKey    string
}

// SplitShard closes an open shard and opens two for its hash keys: those below NewStartingHashKey and the rest.
// Errors: CodeResourceNotFound, CodeResourceInUse, CodeInvalidArgument, CodeLimitExceeded, CodeValidation.
func (s *Service) SplitShard(ctx context.Context, in SplitShardInput) error {
	if err := s.check("SplitShard", in); err != nil {
		return err
	}
	return s.splitShard(ctx, in)
}

func (s *Service) splitShard(_ context.Context, in SplitShardInput) error {
	return s.change(in.StreamName, in.StreamARN, func(st *stream, now time.Time) (streamState, error) {
		next, parents, err := s.beginReshard(st, now, in.ShardToSplit)
		if err != nil {
			return streamState{}, err
		}
		parent := parents[0]
		at, ok := parseNumber(in.NewStartingHashKey)
		if !ok || !parent.hash.first.next().less(at) || !at.less(parent.hash.last) {
			return streamState{}, s.errSplitKey(in.NewStartingHashKey, st.name, parent)
		}
		if err := s.checkCapacity(1); err != nil {
			return streamState{}, err
		}
		next.reshard(parents, now, &s.memory,
			hashRange{parent.hash.first, at.minus(number{lo: 1})}, hashRange{at, parent.hash.last})
		return next, nil
	})
}

func (s *Service) errSplitKey(key, stream string, sh *shard) *Error {
	return fault(CodeInvalidArgument, "NewStartingHashKey %s used in SplitShard() on shard %s in stream %s under account %s "+
		"is not both greater than one plus the shard's StartingHashKey %s and less than the shard's EndingHashKey %s.",
		key, sh.id, stream, s.cfg.AccountID, sh.hash.first, sh.hash.last)
}

// beginReshard finds the open shards to replace, and the stream's state while that is done.
func (s *Service) beginReshard(st *stream, now time.Time, ids ...string) (streamState, []*shard, error) {
	indexes := make([]int64, len(ids))
	for i, id := range ids {
		index, ok := parseShardID(id)
		if !ok {
			return streamState{}, nil, s.errShardText(st.name, id)
		}
		indexes[i] = index
	}
	next, err := s.begin(st, StatusUpdating, now)
	if err != nil {
		return streamState{}, nil, err
	}
	next.shards, next.open = slices.Clone(next.shards), slices.Clone(next.open)
	parents := make([]*shard, len(ids))
	for i, index := range indexes {
		sh, ok := next.shardAt(index, now)
		if !ok {
			return streamState{}, nil, s.errNoShard(st.name, shardID(index))
		}
		if _, closed := sh.closedAt(); closed {
			return streamState{}, nil, fault(CodeInvalidArgument, "Shard %s in stream %s under account %s is closed.",
				sh.id, st.name, s.cfg.AccountID)
		}
		parents[i] = sh
	}
	if len(next.shards) >= closedPerOpen*s.cfg.ShardLimit {
		return streamState{}, nil, s.errTooManyShards(st.name, len(next.shards))
	}
	return next, parents, nil
}

func (s *Service) errTooManyShards(stream string, had int) *Error {
	return fault(CodeLimitExceeded, "Stream %s under account %s has had %d shards, the most that are remembered.",
		stream, s.cfg.AccountID, had)
}

// reshard closes the parents, which lie side by side, and adds open shards for
// the ranges. It changes the lists of shards in place: they must be t's own.
func (t *streamState) reshard(parents []*shard, now time.Time, mem *memory, ranges ...hashRange) {
	for _, p := range parents {
		p.end(now)
	}
	var children []*shard
	for _, r := range ranges {
		child := newShard(int64(len(t.shards)), r, now, now.Add(childCreatedLater), mem)
		child.parent = parents[0]
		if len(parents) > 1 {
			child.adjacent = parents[1]
		}
		t.shards = append(t.shards, child)
		children = append(children, child)
	}
	first := slices.IndexFunc(t.open, func(sh *shard) bool { return slices.Contains(parents, sh) })
	t.open = slices.Replace(t.open, first, first+len(parents), children...)
}
