package kinesis

import (
	"context"
	"time"
)

// The bounds of a stream's retention, in hours.
const (
	minRetentionHours = 24
	maxRetentionHours = 8760
)

// RetentionPeriodInput is the input of IncreaseStreamRetentionPeriod and DecreaseStreamRetentionPeriod.
type RetentionPeriodInput struct {
	StreamName, StreamARN string
	RetentionPeriodHours  int
}

// IncreaseStreamRetentionPeriod makes a stream keep its records longer.
// Errors: CodeResourceNotFound, CodeResourceInUse, CodeInvalidArgument, CodeValidation.
func (s *Service) IncreaseStreamRetentionPeriod(ctx context.Context, in RetentionPeriodInput) error {
	if err := s.check("IncreaseStreamRetentionPeriod", in); err != nil {
		return err
	}
	return s.increaseStreamRetentionPeriod(ctx, in)
}

func (s *Service) increaseStreamRetentionPeriod(_ context.Context, in RetentionPeriodInput) error {
	return s.setRetention(in, func(have int) error {
		if in.RetentionPeriodHours >= have {
			return nil
		}
		return fault(CodeInvalidArgument, "Requested retention period (%d hours) for stream %s can not be shorter than "+
			"existing retention period (%d hours). Use DecreaseRetentionPeriod API.", in.RetentionPeriodHours, in.StreamName, have)
	})
}

// DecreaseStreamRetentionPeriod makes a stream keep its records for a shorter
// time. Records that are older than that are gone at once.
// Errors: CodeResourceNotFound, CodeResourceInUse, CodeInvalidArgument, CodeValidation.
func (s *Service) DecreaseStreamRetentionPeriod(ctx context.Context, in RetentionPeriodInput) error {
	if err := s.check("DecreaseStreamRetentionPeriod", in); err != nil {
		return err
	}
	return s.decreaseStreamRetentionPeriod(ctx, in)
}

func (s *Service) decreaseStreamRetentionPeriod(_ context.Context, in RetentionPeriodInput) error {
	return s.setRetention(in, func(have int) error {
		if in.RetentionPeriodHours <= have {
			return nil
		}
		return fault(CodeInvalidArgument, "Requested retention period (%d hours) for stream %s can not be longer than "+
			"existing retention period (%d hours). Use IncreaseRetentionPeriod API.", in.RetentionPeriodHours, in.StreamName, have)
	})
}

func (s *Service) setRetention(in RetentionPeriodInput, allowed func(have int) error) error {
	return s.change(in.StreamName, in.StreamARN, func(st *stream, now time.Time) (streamState, error) {
		in.StreamName = st.name
		if err := checkRetention(in.RetentionPeriodHours); err != nil {
			return streamState{}, err
		}
		if err := allowed(int(st.state.Load().retention / time.Hour)); err != nil {
			return streamState{}, err
		}
		next, err := s.begin(st, StatusUpdating, now)
		next.retention = time.Duration(in.RetentionPeriodHours) * time.Hour
		return next, err
	})
}

func checkRetention(hours int) error {
	switch {
	case hours < minRetentionHours:
		return fault(CodeInvalidArgument, "Minimum allowed retention period is %d hours. Requested retention period (%d hours) is too short.",
			minRetentionHours, hours)
	case hours > maxRetentionHours:
		return fault(CodeInvalidArgument, "Maximum allowed retention period is %d hours. Requested retention period (%d hours) is too long.",
			maxRetentionHours, hours)
	default:
		return nil
	}
}
