package kinesis

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// The types of a shard iterator.
const (
	iterAtSequence    = "AT_SEQUENCE_NUMBER"
	iterAfterSequence = "AFTER_SEQUENCE_NUMBER"
	iterTrimHorizon   = "TRIM_HORIZON"
	iterLatest        = "LATEST"
	iterAtTimestamp   = "AT_TIMESTAMP"
)

// GetShardIteratorInput is the input of GetShardIterator.
type GetShardIteratorInput struct {
	StreamName, StreamARN  string
	ShardId                string
	ShardIteratorType      string
	StartingSequenceNumber string
	Timestamp              time.Time
	DryRun                 bool
}

// GetShardIteratorOutput is the output of GetShardIterator.
type GetShardIteratorOutput struct{ ShardIterator string }

// GetShardIterator gives a place in a shard to read from, good for 300 seconds in this process.
// Errors: CodeResourceNotFound, CodeInvalidArgument, CodeThroughputExceeded, CodeValidation.
func (s *Service) GetShardIterator(ctx context.Context, in GetShardIteratorInput) (GetShardIteratorOutput, error) {
	if err := s.check("GetShardIterator", in); err != nil {
		return GetShardIteratorOutput{}, err
	}
	return s.getShardIterator(ctx, in)
}

func (s *Service) getShardIterator(_ context.Context, in GetShardIteratorInput) (GetShardIteratorOutput, error) {
	name, err := s.resolve(in.StreamName, in.StreamARN)
	if err != nil {
		return GetShardIteratorOutput{}, err
	}
	index, ok := parseShardID(in.ShardId)
	if !ok {
		return GetShardIteratorOutput{}, s.errShardText(name, in.ShardId)
	}
	_, sh, err := s.shard(name, index)
	if err != nil {
		return GetShardIteratorOutput{}, err
	}
	from, err := s.iteratorPosition(in, name, sh)
	if err != nil {
		return GetShardIteratorOutput{}, err
	}
	if in.DryRun {
		return GetShardIteratorOutput{}, errDryRun()
	}
	now := s.now()
	if s.cfg.EnforceLimits && !sh.admitIterator(now) {
		return GetShardIteratorOutput{}, s.errRateExceeded(name, sh.id)
	}
	return GetShardIteratorOutput{s.sealer.Load().sealIterator(iterator{
		created: now, stream: name, shard: index, from: from, generation: s.iterators.Load(),
	})}, nil
}

// parseShardID reads a shard id as leniently as the service: any word before
// the dash, or none, and any number of zeros.
func parseShardID(id string) (int64, bool) {
	if parts := strings.Split(id, "-"); len(parts) > 1 && parts[1] != "" {
		id = parts[1]
	}
	for _, c := range id {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(id, 10, 64)
	return n, err == nil && n <= maxShardIndex
}

// shard finds a shard of a live stream. An unknown stream is answered as an
// unknown shard, as recorded for GetShardIterator and GetRecords.
func (s *Service) shard(name string, index int64) (*stream, *shard, error) {
	now := s.now()
	st, ok := s.find(name)
	if !ok || !st.state.Load().live(now) {
		return nil, nil, s.errNoShard(name, shardID(index))
	}
	sh, ok := st.state.Load().shardAt(index, now)
	if !ok {
		return nil, nil, s.errNoShard(name, shardID(index))
	}
	return st, sh, nil
}

func (s *Service) iteratorPosition(in GetShardIteratorInput, stream string, sh *shard) (Position, error) {
	bySequence := in.ShardIteratorType == iterAtSequence || in.ShardIteratorType == iterAfterSequence
	switch {
	case !bySequence && in.StartingSequenceNumber != "":
		return Position{}, errIteratorArguments(in.ShardIteratorType, "also a StartingSequenceNumber")
	case bySequence && in.StartingSequenceNumber == "":
		return Position{}, errIteratorArguments(in.ShardIteratorType, "no StartingSequenceNumber")
	case bySequence:
		return s.sequencePosition(in, stream, sh)
	}
	switch in.ShardIteratorType {
	case iterLatest:
		return sh.tail(), nil
	case iterAtTimestamp:
		return s.timePosition(in.Timestamp)
	default:
		return fromSequence(sh.first), nil
	}
}

func (s *Service) timePosition(at time.Time) (Position, error) {
	now := s.now()
	switch {
	case at.IsZero():
		return Position{}, errNoTimestamp()
	case at.UnixMilli() > now.UnixMilli():
		return Position{}, errFutureTimestamp(at, now)
	default:
		return AtTimestamp(at), nil
	}
}

func (s *Service) sequencePosition(in GetShardIteratorInput, stream string, sh *shard) (Position, error) {
	text := in.StartingSequenceNumber
	seq, n, err := parseSequence(text)
	if seq.version == 0 && n.less(number{hi: 2}) && n != (number{}) {
		text = n.String()
	}
	switch {
	case err != nil:
		return Position{}, s.errStartingSequence(text, sh.id, stream, "")
	case seq.shard != sh.index:
		return Position{}, errSequenceShard(shardID(seq.shard), sh.id)
	case seq.version != seqVersion || seq.created != sh.created:
		return Position{}, s.errStartingSequence(text, sh.id, stream, " because it did not come from this stream")
	case in.ShardIteratorType == iterAfterSequence:
		return fromSequence(n.next()), nil
	default:
		return fromSequence(n), nil
	}
}
