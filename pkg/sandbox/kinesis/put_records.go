package kinesis

import "context"

// maxRequestBytes bounds the data and keys of one PutRecords request.
const maxRequestBytes = 10 << 20

// PutRecordsInput is the input of PutRecords.
type PutRecordsInput struct {
	StreamName, StreamARN string
	Records               []PutRecordsEntry
	DryRun                bool
}

// PutRecordsEntry is one record to put. The service keeps Data: the caller must not change it afterwards.
type PutRecordsEntry struct {
	Data            []byte
	PartitionKey    string
	ExplicitHashKey string
}

// PutRecordsOutput is the output of PutRecords; Records are in the order of the request.
type PutRecordsOutput struct {
	FailedRecordCount int
	Records           []PutRecordsResult
	EncryptionType    string `json:",omitempty"`
}

// PutRecordsResult says where a record went, or why it was refused.
type PutRecordsResult struct {
	SequenceNumber string `json:",omitempty"`
	ShardId        string `json:",omitempty"`
	ErrorCode      string `json:",omitempty"`
	ErrorMessage   string `json:",omitempty"`
}

// PutRecords appends up to 500 records. A record that a limit refuses is
// marked in the output; an invalid one fails the whole request.
// Errors: CodeResourceNotFound, CodeInvalidArgument, CodeValidation.
func (s *Service) PutRecords(ctx context.Context, in PutRecordsInput) (PutRecordsOutput, error) {
	if err := s.check("PutRecords", in); err != nil {
		return PutRecordsOutput{}, err
	}
	return s.putRecords(ctx, in)
}

func (s *Service) putRecords(_ context.Context, in PutRecordsInput) (PutRecordsOutput, error) {
	st, err := s.liveStream(in.StreamName, in.StreamARN)
	if err != nil {
		return PutRecordsOutput{}, err
	}
	batch, err := prepare(st.state.Load(), in.Records)
	if err != nil {
		return PutRecordsOutput{}, err
	}
	if in.DryRun {
		return PutRecordsOutput{}, errDryRun()
	}
	s.put(st, batch)
	return s.results(st, batch)
}

// prepare checks the records and works out their hash keys.
func prepare(state *streamState, records []PutRecordsEntry) ([]*pending, error) {
	all, batch, total := make([]pending, len(records)), make([]*pending, len(records)), 0
	for i, r := range records {
		hash, err := hashKey(r.PartitionKey, r.ExplicitHashKey)
		if err != nil {
			return nil, err
		}
		if err := checkRecordSize(state, r.PartitionKey, r.Data); err != nil {
			return nil, err
		}
		total += len(r.Data) + len(r.PartitionKey)
		all[i] = pending{key: r.PartitionKey, data: r.Data, hash: hash}
		batch[i] = &all[i]
	}
	if total > maxRequestBytes {
		return nil, fault(CodeInvalidArgument, "Records size exceeds 10 MB limit")
	}
	return batch, nil
}

func (s *Service) results(st *stream, batch []*pending) (PutRecordsOutput, error) {
	out := PutRecordsOutput{Records: make([]PutRecordsResult, len(batch)), EncryptionType: encryption(batch[0].encrypted)}
	gone := 0
	for i, p := range batch {
		if p.state == appended {
			out.Records[i] = PutRecordsResult{SequenceNumber: p.seq.String(), ShardId: p.shard.id}
			continue
		}
		if p.state == shardGone {
			gone++
		}
		failure := s.errRateExceeded(st.name, p.shard.id)
		if p.state == notSaved {
			failure = s.errNotSaved(st.name)
		}
		if p.state == shardGone {
			failure = &Error{Code: CodeInternalFailure, Message: "Internal Service Failure."}
		}
		out.FailedRecordCount++
		out.Records[i] = PutRecordsResult{ErrorCode: failure.Code, ErrorMessage: failure.Message}
	}
	if gone == len(batch) {
		return PutRecordsOutput{}, s.errStreamNotFound(st.name)
	}
	return out, nil
}
