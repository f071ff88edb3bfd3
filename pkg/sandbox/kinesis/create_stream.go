package kinesis

import (
	"context"
	"maps"
	"time"
)

const (
	defaultRetention = 24 * time.Hour
	// onDemandShards is what a stream in ON_DEMAND mode starts with.
	onDemandShards = 4
	// maxOnDemand is how many streams may be in ON_DEMAND mode.
	maxOnDemand = 50
	// DefaultMaxRecordKiB bounds a record's data and partition key unless a stream says otherwise.
	DefaultMaxRecordKiB = 1024
	// maxCreating is how many streams may be CREATING at once.
	maxCreating = 5
	// createdEarlier is how much earlier than the request a stream's creation is in its sequence numbers.
	createdEarlier = 2 * time.Second
)

// CreateStreamInput is the input of CreateStream.
type CreateStreamInput struct {
	StreamName        string
	ShardCount        int
	StreamModeDetails *StreamModeDetails
	Tags              map[string]string
	// MaxRecordSizeInKiB bounds a record's data and partition key together; DefaultMaxRecordKiB if 0.
	MaxRecordSizeInKiB int
	// WarmThroughputMiBps is for a stream in ON_DEMAND mode.
	WarmThroughputMiBps int
}

// StreamModeDetails names a capacity mode: ModeProvisioned or ModeOnDemand.
type StreamModeDetails struct{ StreamMode string }

// CreateStream makes a stream. It is CREATING for the configured delay, then ACTIVE.
// Errors: CodeResourceInUse if the name is taken, CodeLimitExceeded, CodeInvalidArgument, CodeValidation.
func (s *Service) CreateStream(ctx context.Context, in CreateStreamInput) error {
	if err := s.check("CreateStream", in); err != nil {
		return err
	}
	return s.createStream(ctx, in)
}

func (s *Service) createStream(_ context.Context, in CreateStreamInput) error {
	mode, count, err := capacity(in)
	if err != nil {
		return err
	}
	if err := checkTags(in.Tags); err != nil {
		return err
	}
	s.control.Lock()
	defer s.control.Unlock()
	if err := s.checkWarm(in.WarmThroughputMiBps, mode); err != nil {
		return err
	}
	count = max(count, in.WarmThroughputMiBps)
	if _, ok := s.find(in.StreamName); ok {
		return s.errStreamExists(in.StreamName)
	}
	if err := s.checkCapacity(count); err != nil {
		return err
	}
	if err := s.checkCreating(); err != nil {
		return err
	}
	if err := s.checkOnDemand(mode); err != nil {
		return err
	}
	st := s.newStream(in, mode, count)
	if err := s.attach(st, st.state.Load().shards); err != nil {
		return err
	}
	next := maps.Clone(*s.streams.Load())
	next[st.name] = st
	if err := s.save(next, nil, nil); err != nil {
		return err
	}
	s.replaceStreams(func(all map[string]*stream) { all[st.name] = st })
	return nil
}

func capacity(in CreateStreamInput) (mode string, count int, err error) {
	mode, count = ModeProvisioned, in.ShardCount
	if in.StreamModeDetails != nil {
		mode = in.StreamModeDetails.StreamMode
	}
	switch {
	case mode == ModeOnDemand && count != 0:
		return "", 0, fault(CodeInvalidArgument, "ShardCount cannot be provided for a stream in ON_DEMAND mode.")
	case mode == ModeOnDemand:
		return mode, onDemandShards, nil
	case count == 0:
		return "", 0, fault(CodeInvalidArgument, "ShardCount must be provided for a stream in PROVISIONED mode.")
	default:
		return mode, count, nil
	}
}

// checkCapacity checks that count more shards are allowed. The caller holds control.
func (s *Service) checkCapacity(count int) error {
	current := 0
	for _, state := range s.states() {
		current += len(state.open)
	}
	if count > s.cfg.ShardLimit-current {
		return s.errShardLimit(current, count)
	}
	return nil
}

// checkCreating checks that one more stream may be CREATING. The caller holds control.
func (s *Service) checkCreating() error {
	now, creating := s.now(), 0
	for _, state := range s.states() {
		if state.status(now) == StatusCreating {
			creating++
		}
	}
	if s.cfg.EnforceLimits && creating >= maxCreating {
		return fault(CodeLimitExceeded, "Account %s already has %d streams in the state CREATING.", s.cfg.AccountID, creating)
	}
	return nil
}

// checkOnDemand checks that one more stream may be in a mode. The caller holds control.
func (s *Service) checkOnDemand(mode string) error {
	if mode != ModeOnDemand || !s.cfg.EnforceLimits || s.onDemandStreams() < maxOnDemand {
		return nil
	}
	return fault(CodeLimitExceeded, "Account %s already has %d streams in ON_DEMAND mode.", s.cfg.AccountID, maxOnDemand)
}

func (s *Service) onDemandStreams() int {
	n := 0
	for _, state := range s.states() {
		if state.mode == ModeOnDemand {
			n++
		}
	}
	return n
}

// states gives the states of all streams that are not gone.
func (s *Service) states() []*streamState {
	now := s.now()
	var out []*streamState
	for _, st := range *s.streams.Load() {
		if state := st.state.Load(); !state.gone(now) {
			out = append(out, state)
		}
	}
	return out
}

func (s *Service) newStream(in CreateStreamInput, mode string, count int) *stream {
	now := s.now()
	st := &stream{name: in.StreamName, arn: s.arn(in.StreamName), created: now}
	state := &streamState{
		phase:     StatusCreating,
		settles:   now.Add(s.cfg.StateDelay),
		retention: defaultRetention,
		tags:      maps.Clone(in.Tags),
		mode:      mode,

		maxRecordKiB: in.MaxRecordSizeInKiB,
		warmMiBps:    in.WarmThroughputMiBps,
	}
	setDefault(&state.maxRecordKiB, DefaultMaxRecordKiB)
	for i, r := range splitSpace(count) {
		state.shards = append(state.shards, newShard(int64(i), r, now, now.Add(-createdEarlier), &s.memory))
	}
	state.open = state.shards
	st.state.Store(state)
	return st
}
