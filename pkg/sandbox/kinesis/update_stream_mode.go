package kinesis

import (
	"context"
	"time"
)

// modeSwitchesPerDay is how often the mode of a stream may be switched in 24 hours.
const modeSwitchesPerDay = 2

// UpdateStreamModeInput is the input of UpdateStreamMode.
type UpdateStreamModeInput struct {
	StreamARN           string
	StreamModeDetails   *StreamModeDetails
	WarmThroughputMiBps int
}

// UpdateStreamMode changes the capacity mode of a stream, which keeps its shards.
// Errors: CodeResourceNotFound, CodeResourceInUse, CodeInvalidArgument, CodeLimitExceeded, CodeValidation.
func (s *Service) UpdateStreamMode(ctx context.Context, in UpdateStreamModeInput) error {
	return checkedSilent(ctx, s, "UpdateStreamMode", in, (*Service).updateStreamMode)
}

func (s *Service) updateStreamMode(_ context.Context, in UpdateStreamModeInput) error {
	return s.change("", in.StreamARN, func(st *stream, now time.Time) (streamState, error) {
		next, err := s.begin(st, StatusUpdating, now)
		if err != nil {
			return streamState{}, err
		}
		mode := in.StreamModeDetails.StreamMode
		if err := s.checkWarm(in.WarmThroughputMiBps, mode); err != nil {
			return streamState{}, err
		}
		if mode == next.mode {
			return next, nil
		}
		if err := s.checkOnDemand(mode); err != nil {
			return streamState{}, err
		}
		next.modeSwitches, err = s.useToday(next.modeSwitches, modeSwitchesPerDay, now, "The mode of a stream can be switched")
		next.mode, next.warmMiBps = mode, in.WarmThroughputMiBps
		if err == nil && next.warmMiBps > len(next.open) {
			next.rescale(next.warmMiBps, now, &s.memory)
		}
		return next, err
	})
}
