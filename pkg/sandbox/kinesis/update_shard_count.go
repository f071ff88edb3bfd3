package kinesis

import (
	"context"
	"slices"
	"time"
)

const (
	// rescalesPerDay is how often UpdateShardCount may be called for a stream in 24 hours.
	rescalesPerDay = 10
	// maxRescaled is the most shards that UpdateShardCount scales to.
	maxRescaled = 10_000
)

// UpdateShardCountInput is the input of UpdateShardCount. ScalingType is UNIFORM_SCALING.
type UpdateShardCountInput struct {
	StreamName, StreamARN string
	TargetShardCount      int
	ScalingType           string
}

// UpdateShardCountOutput is the output of UpdateShardCount.
type UpdateShardCountOutput struct {
	StreamName        string
	CurrentShardCount int
	TargetShardCount  int
	StreamARN         string
}

// UpdateShardCount splits and merges the open shards of a provisioned stream
// until it has the target number of them with equal ranges of hash keys. Where a
// range is put together of parts of two, the parts are shards that close at once.
// Errors: CodeResourceNotFound, CodeResourceInUse, CodeInvalidArgument, CodeLimitExceeded, CodeValidation.
func (s *Service) UpdateShardCount(ctx context.Context, in UpdateShardCountInput) (UpdateShardCountOutput, error) {
	return checked(ctx, s, "UpdateShardCount", in, (*Service).updateShardCount)
}

func (s *Service) updateShardCount(_ context.Context, in UpdateShardCountInput) (UpdateShardCountOutput, error) {
	out := UpdateShardCountOutput{TargetShardCount: in.TargetShardCount}
	err := s.change(in.StreamName, in.StreamARN, func(st *stream, now time.Time) (streamState, error) {
		if st.state.Load().mode == ModeOnDemand {
			return streamState{}, s.errOnDemand(st.name)
		}
		next, err := s.begin(st, StatusUpdating, now)
		if err != nil {
			return streamState{}, err
		}
		out.StreamName, out.StreamARN, out.CurrentShardCount = st.name, st.arn, len(next.open)
		if err := s.checkRescale(st.name, len(next.open), in.TargetShardCount, len(next.shards)); err != nil {
			return streamState{}, err
		}
		if next.rescales, err = s.useToday(next.rescales, rescalesPerDay, now, "UpdateShardCount can be called for a stream"); err != nil {
			return streamState{}, err
		}
		next.rescale(in.TargetShardCount, now, &s.memory)
		return next, nil
	})
	return out, err
}

// checkRescale bounds the target of a stream that has open shards, and has had so many.
func (s *Service) checkRescale(stream string, open, target, had int) error {
	switch {
	case target > 2*open:
		return fault(CodeInvalidArgument, "UpdateShardCount cannot scale up over double your current open shard count. "+
			"Current open shard count: %d Target shard count: %d", open, target)
	case 2*target < open:
		return fault(CodeInvalidArgument, "UpdateShardCount cannot scale down below half your current open shard count. "+
			"Current open shard count: %d Target shard count: %d", open, target)
	case target > maxRescaled:
		return fault(CodeLimitExceeded, "UpdateShardCount cannot scale over %d shards.", maxRescaled)
	case had >= closedPerOpen*s.cfg.ShardLimit:
		return s.errTooManyShards(stream, had)
	default:
		return s.checkCapacity(target - open)
	}
}

// errOnDemand is how moto, whose tests run against AWS, words it.
func (s *Service) errOnDemand(stream string) *Error {
	return fault(CodeValidation, "Request is invalid. Stream %s under account %s is in On-Demand mode.", stream, s.cfg.AccountID)
}

// rescale gives the stream target open shards with equal ranges.
func (t *streamState) rescale(target int, now time.Time, mem *memory) {
	t.shards, t.open = slices.Clone(t.shards), slices.Clone(t.open)
	want := splitSpace(target)
	for _, r := range want[1:] {
		if sh := t.route(r.first); sh.hash.first != r.first {
			t.reshard([]*shard{sh}, now, mem, hashRange{sh.hash.first, r.first.minus(number{lo: 1})}, hashRange{r.first, sh.hash.last})
		}
	}
	for _, r := range want {
		for sh := t.route(r.first); sh.hash.last != r.last; sh = t.route(r.first) {
			next := t.route(sh.hash.last.next())
			t.reshard([]*shard{sh, next}, now, mem, hashRange{sh.hash.first, next.hash.last})
		}
	}
}
