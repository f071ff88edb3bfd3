package kinesis

import "context"

// ShardInfo describes a shard to a caller in the same process.
type ShardInfo struct {
	ID string
	// ParentID and AdjacentParentID are empty unless the shard came from a split or a merge.
	ParentID, AdjacentParentID string
	// Closed means that the shard takes no more records.
	Closed bool
	// EndingSequenceNumber is empty while the shard is open.
	StartingSequenceNumber, EndingSequenceNumber string
}

// Shards gives all shards of a stream, the oldest first: none while it is
// CREATING, and no closed shard whose records have all expired.
// Errors: CodeResourceNotFound, CodeInvalidArgument.
func (s *Service) Shards(_ context.Context, streamARN string) ([]ShardInfo, error) {
	st, err := s.stream("", streamARN)
	if err != nil {
		return nil, err
	}
	var out []ShardInfo
	for _, sh := range st.state.Load().visible(s.now()) {
		d := sh.describe()
		out = append(out, ShardInfo{
			ID:                     d.ShardId,
			ParentID:               d.ParentShardId,
			AdjacentParentID:       d.AdjacentParentShardId,
			Closed:                 d.SequenceNumberRange.EndingSequenceNumber != "",
			StartingSequenceNumber: d.SequenceNumberRange.StartingSequenceNumber,
			EndingSequenceNumber:   d.SequenceNumberRange.EndingSequenceNumber,
		})
	}
	return out, nil
}
