package kinesis

import "context"

// ReadResult is what ReadShard found.
type ReadResult struct {
	Records []Record
	// Next is the position after Records; also after an empty read, go on from it.
	Next Position
	// Closed means that the shard is closed and that nothing comes after Records.
	Closed bool
}

// ReadShard reads records from a position on: at most maxRecords, and at most
// maxBytes of data and keys, but at least one record if there is any. It
// neither needs an iterator nor counts against a shard's limits. It meets the
// faults that are set for GetRecords.
// Errors: CodeResourceNotFound, CodeInvalidArgument.
func (s *Service) ReadShard(ctx context.Context, streamARN, shardID string, from Position, maxRecords, maxBytes int) (ReadResult, error) {
	out, err := s.meet(ctx, "GetRecords", func() (any, error) {
		return s.readShard(streamARN, shardID, from, maxRecords, maxBytes)
	})
	if err != nil {
		return ReadResult{}, err
	}
	return out.(ReadResult), nil
}

func (s *Service) readShard(streamARN, shardID string, from Position, maxRecords, maxBytes int) (ReadResult, error) {
	if maxRecords < 1 || maxBytes < 1 {
		return ReadResult{}, fault(CodeInvalidArgument, "maxRecords (%d) and maxBytes (%d) must be at least 1.", maxRecords, maxBytes)
	}
	st, sh, err := s.shardOf(streamARN, shardID)
	if err != nil {
		return ReadResult{}, err
	}
	got := sh.read(from, readLimit{maxRecords, maxBytes}, s.now(), st.state.Load().retention)
	if got.gone {
		return ReadResult{}, s.errStreamNotFound(st.name)
	}
	return ReadResult{
		Records: got.records(),
		Next:    got.next,
		Closed:  got.drained,
	}, nil
}

// shardOf finds a shard of a live stream by ARN and id.
func (s *Service) shardOf(streamARN, id string) (*stream, *shard, error) {
	st, err := s.liveStream("", streamARN)
	if err != nil {
		return nil, nil, err
	}
	index, ok := parseShardID(id)
	if !ok {
		return nil, nil, s.errShardText(st.name, id)
	}
	return s.shard(st.name, index)
}
