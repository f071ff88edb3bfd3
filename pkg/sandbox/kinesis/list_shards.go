package kinesis

import (
	"context"
	"slices"
	"time"
)

// maxShardsListed is the most that ListShards gives at once, whatever is asked for.
const maxShardsListed = 1000

// ListShardsInput is the input of ListShards.
type ListShardsInput struct {
	StreamName, StreamARN   string
	NextToken               string
	ExclusiveStartShardId   string
	MaxResults              int
	StreamCreationTimestamp time.Time
	ShardFilter             *ShardFilter
}

// ShardFilter selects shards. Type is AFTER_SHARD_ID, AT_TRIM_HORIZON,
// FROM_TRIM_HORIZON, AT_LATEST, AT_TIMESTAMP or FROM_TIMESTAMP.
type ShardFilter struct {
	Type      string
	ShardId   string
	Timestamp time.Time
}

// ListShardsOutput is the output of ListShards.
type ListShardsOutput struct {
	Shards    []Shard
	NextToken string `json:",omitempty"`
}

// ListShards gives a page of a stream's shards, without those whose records have all expired.
// Errors: CodeResourceNotFound, CodeInvalidArgument, CodeExpiredNextToken, CodeValidation.
func (s *Service) ListShards(ctx context.Context, in ListShardsInput) (ListShardsOutput, error) {
	if err := s.check("ListShards", in); err != nil {
		return ListShardsOutput{}, err
	}
	return s.listShards(ctx, in)
}

func (s *Service) listShards(_ context.Context, in ListShardsInput) (ListShardsOutput, error) {
	from, err := s.shardPage(in)
	if err != nil {
		return ListShardsOutput{}, err
	}
	st, err := s.stream(from.Stream, "")
	if err != nil {
		return ListShardsOutput{}, err
	}
	now, state := s.now(), st.state.Load()
	shards, err := s.filterShards(st, state.visible(now), from, now)
	if err != nil {
		return ListShardsOutput{}, err
	}
	limit := in.MaxResults
	setDefault(&limit, maxShardsListed)
	n := min(limit, maxShardsListed, len(shards))
	out := ListShardsOutput{Shards: describeShards(shards[:n])}
	if n < len(shards) {
		from.After = shards[n-1].id
		out.NextToken = s.sealPage(useShards, from)
	}
	return out, nil
}

// shardPage gives where a listing starts: at the token's place, or where the request says.
func (s *Service) shardPage(in ListShardsInput) (page, error) {
	named := in.StreamName != "" || in.StreamARN != ""
	switch {
	case in.NextToken != "" && named:
		return page{}, fault(CodeInvalidArgument, "NextToken and StreamName cannot be provided together.")
	case in.NextToken != "" && (in.ExclusiveStartShardId != "" || in.ShardFilter != nil || !in.StreamCreationTimestamp.IsZero()):
		return page{}, fault(CodeInvalidArgument,
			"NextToken cannot be provided together with ExclusiveStartShardId, ShardFilter or StreamCreationTimestamp.")
	case in.NextToken != "":
		return s.openPage(useShards, in.NextToken)
	case !named:
		return page{}, fault(CodeInvalidArgument, "Either NextToken or StreamName should be provided.")
	}
	name, err := s.resolve(in.StreamName, in.StreamARN)
	return page{Stream: name, After: in.ExclusiveStartShardId, Filter: in.ShardFilter}, err
}

func (s *Service) filterShards(st *stream, shards []*shard, from page, now time.Time) ([]*shard, error) {
	if from.After != "" {
		after, ok := parseShardID(from.After)
		if !ok {
			return nil, s.errShardText(st.name, from.After)
		}
		shards = afterShard(shards, after)
	}
	if from.Filter == nil {
		return shards, nil
	}
	f := *from.Filter
	switch f.Type {
	case "AFTER_SHARD_ID":
		after, ok := parseShardID(f.ShardId)
		if !ok {
			return nil, s.errShardText(st.name, f.ShardId)
		}
		return afterShard(shards, after), nil
	case "AT_TIMESTAMP", "FROM_TIMESTAMP":
		if f.Timestamp.IsZero() {
			return nil, fault(CodeInvalidArgument, "Timestamp must be provided for a ShardFilter of type %s.", f.Type)
		}
	case "AT_TRIM_HORIZON":
		f.Timestamp = now.Add(-st.state.Load().retention)
	}
	return slices.DeleteFunc(slices.Clone(shards), func(sh *shard) bool { return !f.selects(sh, st.created) }), nil
}

// selects reports whether the filter takes the shard of a stream made at created.
func (f ShardFilter) selects(sh *shard, created time.Time) bool {
	closed, isClosed := sh.closedAt()
	// The first shards serve for any time before the stream: nothing was open before them.
	opened := sh.opened
	if opened.Equal(created) {
		opened = time.Time{}
	}
	switch f.Type {
	case "AT_LATEST":
		return !isClosed
	case "AT_TIMESTAMP", "AT_TRIM_HORIZON":
		return !f.Timestamp.Before(opened) && (!isClosed || f.Timestamp.Before(closed))
	case "FROM_TIMESTAMP":
		return !isClosed || !closed.Before(f.Timestamp)
	default:
		return true // FROM_TRIM_HORIZON: all that are still there
	}
}
