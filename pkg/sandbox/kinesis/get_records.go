package kinesis

import (
	"context"
	"time"
)

const (
	// maxRecordsRead and maxBytesRead bound one GetRecords answer.
	maxRecordsRead = 10_000
	maxBytesRead   = 10 << 20
)

// GetRecordsInput is the input of GetRecords.
type GetRecordsInput struct {
	ShardIterator string
	Limit         int
	StreamARN     string
	DryRun        bool
}

// GetRecordsOutput is the output of GetRecords. NextShardIterator is empty,
// and ChildShards are there, at the end of a closed shard.
type GetRecordsOutput struct {
	Records            []Record
	NextShardIterator  string `json:",omitempty"`
	MillisBehindLatest int64
	ChildShards        []ChildShard `json:",omitempty"`
}

// Record is a record of a shard. Data is shared and must not be changed.
type Record struct {
	SequenceNumber              string
	ApproximateArrivalTimestamp Timestamp
	Data                        []byte
	PartitionKey                string
	EncryptionType              string `json:",omitempty"`
}

// ChildShard is a shard that a closed one was split or merged into.
type ChildShard struct {
	ShardId      string
	ParentShards []string
	HashKeyRange HashKeyRange
}

// GetRecords reads from an iterator on, up to 10,000 records and 10 MiB.
// Errors: CodeInvalidArgument, CodeExpiredIterator, CodeResourceNotFound, CodeThroughputExceeded, CodeValidation.
func (s *Service) GetRecords(ctx context.Context, in GetRecordsInput) (GetRecordsOutput, error) {
	if err := s.check("GetRecords", in); err != nil {
		return GetRecordsOutput{}, err
	}
	return s.getRecords(ctx, in)
}

func (s *Service) getRecords(_ context.Context, in GetRecordsInput) (GetRecordsOutput, error) {
	it, ok := s.sealer.Load().openIterator(in.ShardIterator)
	if !ok {
		return GetRecordsOutput{}, errInvalidIterator()
	}
	now := s.now()
	if now.Sub(it.created) > tokenLife || it.generation != s.iterators.Load() {
		return GetRecordsOutput{}, errExpiredIterator(it.created, now)
	}
	if in.StreamARN != "" {
		if _, err := s.resolve(it.stream, in.StreamARN); err != nil {
			return GetRecordsOutput{}, err
		}
	}
	st, sh, err := s.shard(it.stream, it.shard)
	if err != nil {
		return GetRecordsOutput{}, err
	}
	if in.DryRun {
		return GetRecordsOutput{}, errDryRun()
	}
	if !sh.admitRead(now, s.cfg.EnforceLimits) {
		return GetRecordsOutput{}, s.errRateExceeded(st.name, sh.id)
	}
	limit := readLimit{records: in.Limit, bytes: maxBytesRead}
	setDefault(&limit.records, maxRecordsRead)
	got := sh.read(it.from, limit, now, st.state.Load().retention)
	if got.gone {
		return GetRecordsOutput{}, s.errNoShard(st.name, sh.id)
	}
	if s.cfg.EnforceLimits {
		sh.chargeRead(got.bytes)
	}
	out := GetRecordsOutput{Records: got.records(), MillisBehindLatest: got.behind.Milliseconds()}
	if got.drained {
		out.ChildShards = childShards(st.state.Load().children(sh))
		return out, nil
	}
	it.created, it.from = now, got.next
	out.NextShardIterator = s.sealer.Load().sealIterator(it)
	return out, nil
}

func (r slice) records() []Record {
	out := make([]Record, len(r.entries))
	for i := range r.entries {
		e := &r.entries[i]
		out[i] = Record{
			SequenceNumber:              e.seq.String(),
			ApproximateArrivalTimestamp: Timestamp{time.UnixMilli(e.arrived).UTC()},
			Data:                        e.data,
			PartitionKey:                e.key,
			EncryptionType:              encryption(e.encrypted),
		}
	}
	return out
}

func childShards(children []*shard) []ChildShard {
	out := make([]ChildShard, len(children))
	for i, c := range children {
		d := c.describe()
		out[i] = ChildShard{ShardId: d.ShardId, ParentShards: []string{d.ParentShardId}, HashKeyRange: d.HashKeyRange}
		if d.AdjacentParentShardId != "" {
			out[i].ParentShards = append(out[i].ParentShards, d.AdjacentParentShardId)
		}
	}
	return out
}
