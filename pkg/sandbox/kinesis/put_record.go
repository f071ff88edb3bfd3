package kinesis

import (
	"context"
	"errors"
)

// PutRecordInput is the input of PutRecord. The service keeps Data: the caller must not change it afterwards.
type PutRecordInput struct {
	StreamName, StreamARN     string
	Data                      []byte
	PartitionKey              string
	ExplicitHashKey           string
	SequenceNumberForOrdering string
	DryRun                    bool
}

// PutRecordOutput is the output of PutRecord.
type PutRecordOutput struct {
	ShardId, SequenceNumber string
	EncryptionType          string `json:",omitempty"`
}

// PutRecord appends a record to the shard that its key is routed to.
// Errors: CodeResourceNotFound, CodeInvalidArgument, CodeThroughputExceeded, CodeValidation.
func (s *Service) PutRecord(ctx context.Context, in PutRecordInput) (PutRecordOutput, error) {
	if err := s.check("PutRecord", in); err != nil {
		return PutRecordOutput{}, err
	}
	return s.putRecord(ctx, in)
}

func (s *Service) putRecord(_ context.Context, in PutRecordInput) (PutRecordOutput, error) {
	st, err := s.liveStream(in.StreamName, in.StreamARN)
	if err != nil {
		return PutRecordOutput{}, err
	}
	hash, err := hashKey(in.PartitionKey, in.ExplicitHashKey)
	if err != nil {
		return PutRecordOutput{}, err
	}
	if err := s.checkOrdering(in.SequenceNumberForOrdering, st.name); err != nil {
		return PutRecordOutput{}, err
	}
	state := st.state.Load()
	if err := checkRecordSize(state, in.PartitionKey, in.Data); err != nil {
		return PutRecordOutput{}, err
	}
	if in.DryRun {
		return PutRecordOutput{}, errDryRun()
	}
	p := pending{key: in.PartitionKey, data: in.Data, hash: hash}
	s.put(st, []*pending{&p})
	switch p.state {
	case appended:
		return PutRecordOutput{ShardId: p.shard.id, SequenceNumber: p.seq.String(), EncryptionType: encryption(p.encrypted)}, nil
	case shardGone:
		return PutRecordOutput{}, s.errStreamNotFound(st.name)
	case notSaved:
		return PutRecordOutput{}, s.errNotSaved(st.name)
	default:
		return PutRecordOutput{}, s.errRateExceeded(st.name, p.shard.id)
	}
}

// hashKey gives the hash key of a record: the explicit one, or the key's.
func hashKey(partitionKey, explicit string) (number, error) {
	if explicit == "" {
		return hashOf(partitionKey), nil
	}
	n, ok := parseNumber(explicit)
	if !ok || !n.less(hashKeySpace()) {
		return number{}, errHashKey(explicit)
	}
	return n, nil
}

// checkOrdering checks SequenceNumberForOrdering. Numbers only grow in a
// shard, so that a valid one needs nothing more.
func (s *Service) checkOrdering(text, stream string) error {
	if text == "" {
		return nil
	}
	seq, shown, err := parseSequence(text)
	switch {
	case errors.Is(err, errSequenceVersion3):
		return errInternal()
	case err != nil || seq.arrived > seconds(s.now()):
		if seq.version == 0 && shown != (number{}) && err != nil {
			text = shown.String()
		}
		return s.errOrdering(text, stream)
	}
	return nil
}

// checkRecordSize bounds a record's data and key together, as the API reference of PutRecord does.
func checkRecordSize(state *streamState, key string, data []byte) error {
	const kib = 1 << 10
	if size := len(key) + len(data); size > state.maxRecordKiB*kib {
		return fault(CodeInvalidArgument, "Data and PartitionKey together must not exceed %d bytes. Their size was %d.",
			state.maxRecordKiB*kib, size)
	}
	return nil
}

// encryption is how answers about records say that these are encrypted; they say nothing of those that are not.
func encryption(encrypted bool) string {
	if encrypted {
		return EncryptionKMS
	}
	return ""
}

// put appends records to their shards. Those that a reshard overtook go to the
// new shards; those for which there is no memory get a second chance after
// expired records were dropped.
func (s *Service) put(st *stream, batch []*pending) {
	s.route(st, batch)
	hungry, size := starved(batch)
	if len(hungry) > 0 && s.makeRoom(size) {
		s.route(st, hungry)
		hungry, _ = starved(hungry)
	}
	if len(hungry) > 0 {
		s.noteFull(st.name)
		return
	}
	s.memory.full.Store(false)
}

// starved gives the records that memory had no room for, and the room that they need.
func starved(batch []*pending) (out []*pending, size int) {
	for _, p := range batch {
		if p.state == overMemory {
			out = append(out, p)
			size += len(p.key) + len(p.data) + recordOverhead
		}
	}
	return out, size
}

// route appends until every record has met an open shard.
func (s *Service) route(st *stream, batch []*pending) {
	for len(batch) > 0 {
		state := st.state.Load()
		groups := map[*shard][]*pending{}
		for _, p := range batch {
			sh := state.route(p.hash)
			p.encrypted = state.key != ""
			groups[sh] = append(groups[sh], p)
		}
		for sh, group := range groups {
			sh.append(group, s.now(), state.retention, s.cfg.EnforceLimits)
		}
		var again []*pending
		for _, p := range batch {
			if p.state == shardClosed {
				again = append(again, p)
			}
		}
		if batch = again; len(batch) > 0 {
			s.awaitReshard()
		}
	}
}

// awaitReshard returns when no reshard is between closing its parents and publishing its children.
func (s *Service) awaitReshard() {
	s.control.Lock()
	defer s.control.Unlock()
}
