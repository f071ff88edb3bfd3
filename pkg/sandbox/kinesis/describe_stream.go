package kinesis

import (
	"context"
	"time"
)

// defaultDescribed is how many shards DescribeStream gives without a Limit.
const defaultDescribed = 100

// The encryption types of a stream.
const (
	EncryptionNone = "NONE"
	EncryptionKMS  = "KMS"
)

// DescribeStreamInput is the input of DescribeStream.
type DescribeStreamInput struct {
	StreamName, StreamARN string
	Limit                 int
	ExclusiveStartShardId string
}

// DescribeStreamOutput is the output of DescribeStream.
type DescribeStreamOutput struct{ StreamDescription StreamDescription }

// StreamDescription describes a stream with its shards.
type StreamDescription struct {
	streamFacts
	Shards        []Shard
	HasMoreShards bool
}

// streamFacts is what both descriptions of a stream say.
type streamFacts struct {
	StreamName              string
	StreamARN               string
	StreamStatus            string
	StreamModeDetails       StreamModeDetails
	RetentionPeriodHours    int
	StreamCreationTimestamp Timestamp
	EnhancedMonitoring      []EnhancedMetrics
	EncryptionType          string
	KeyId                   string `json:",omitempty"`
}

// EnhancedMetrics lists the shard-level metrics that are switched on.
type EnhancedMetrics struct{ ShardLevelMetrics []string }

// Shard describes a shard as the API does.
type Shard struct {
	ShardId               string
	ParentShardId         string `json:",omitempty"`
	AdjacentParentShardId string `json:",omitempty"`
	HashKeyRange          HashKeyRange
	SequenceNumberRange   SequenceNumberRange
}

// HashKeyRange is the range of hash keys of a shard, both ends included, in decimal.
type HashKeyRange struct{ StartingHashKey, EndingHashKey string }

// SequenceNumberRange is the range of a shard's sequence numbers; an open shard has no end.
type SequenceNumberRange struct {
	StartingSequenceNumber string
	EndingSequenceNumber   string `json:",omitempty"`
}

// DescribeStream describes a stream with a page of its shards.
// Errors: CodeResourceNotFound, CodeInvalidArgument, CodeValidation.
func (s *Service) DescribeStream(ctx context.Context, in DescribeStreamInput) (DescribeStreamOutput, error) {
	if err := s.check("DescribeStream", in); err != nil {
		return DescribeStreamOutput{}, err
	}
	return s.describeStream(ctx, in)
}

func (s *Service) describeStream(_ context.Context, in DescribeStreamInput) (DescribeStreamOutput, error) {
	st, err := s.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return DescribeStreamOutput{}, err
	}
	now := s.now()
	state := st.state.Load()
	shards := state.visible(now)
	if in.ExclusiveStartShardId != "" {
		after, ok := parseShardID(in.ExclusiveStartShardId)
		if !ok {
			return DescribeStreamOutput{}, s.errShardText(st.name, in.ExclusiveStartShardId)
		}
		shards = afterShard(shards, after)
	}
	limit := in.Limit
	setDefault(&limit, defaultDescribed)
	n := min(limit, len(shards))
	return DescribeStreamOutput{StreamDescription{
		streamFacts:   st.facts(state, now),
		Shards:        describeShards(shards[:n]),
		HasMoreShards: n < len(shards),
	}}, nil
}

func (st *stream) facts(state *streamState, now time.Time) streamFacts {
	facts := streamFacts{
		StreamName:              st.name,
		StreamARN:               st.arn,
		StreamStatus:            state.status(now),
		StreamModeDetails:       StreamModeDetails{state.mode},
		RetentionPeriodHours:    int(state.retention / time.Hour),
		StreamCreationTimestamp: Timestamp{st.created.Truncate(time.Second)},
		EnhancedMonitoring:      []EnhancedMetrics{{ShardLevelMetrics: state.metricNames()}},
		EncryptionType:          EncryptionNone,
	}
	if state.key != "" {
		facts.EncryptionType, facts.KeyId = EncryptionKMS, state.key
	}
	return facts
}

// afterShard gives the shards with a greater index.
func afterShard(shards []*shard, index int64) []*shard {
	for i, sh := range shards {
		if sh.index > index {
			return shards[i:]
		}
	}
	return nil
}

func describeShards(shards []*shard) []Shard {
	out := make([]Shard, len(shards))
	for i, sh := range shards {
		out[i] = sh.describe()
	}
	return out
}

func (sh *shard) describe() Shard {
	sh.mu.Lock()
	ending := sh.ending
	sh.mu.Unlock()
	out := Shard{
		ShardId:             sh.id,
		HashKeyRange:        HashKeyRange{sh.hash.first.String(), sh.hash.last.String()},
		SequenceNumberRange: SequenceNumberRange{StartingSequenceNumber: sh.first.String()},
	}
	if ending != (number{}) {
		out.SequenceNumberRange.EndingSequenceNumber = ending.String()
	}
	if sh.parent != nil {
		out.ParentShardId = sh.parent.id
	}
	if sh.adjacent != nil {
		out.AdjacentParentShardId = sh.adjacent.id
	}
	return out
}
