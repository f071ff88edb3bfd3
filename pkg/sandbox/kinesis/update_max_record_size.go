package kinesis

import (
	"context"
	"time"
)

// UpdateMaxRecordSizeInput is the input of UpdateMaxRecordSize.
type UpdateMaxRecordSizeInput struct {
	StreamARN          string
	MaxRecordSizeInKiB int
}

// UpdateMaxRecordSize bounds the records that are put from now on.
// Errors: CodeResourceNotFound, CodeResourceInUse, CodeInvalidArgument, CodeValidation.
func (s *Service) UpdateMaxRecordSize(ctx context.Context, in UpdateMaxRecordSizeInput) error {
	return checkedSilent(ctx, s, "UpdateMaxRecordSize", in, (*Service).updateMaxRecordSize)
}

func (s *Service) updateMaxRecordSize(_ context.Context, in UpdateMaxRecordSizeInput) error {
	return s.change("", in.StreamARN, func(st *stream, now time.Time) (streamState, error) {
		next, err := s.begin(st, StatusUpdating, now)
		next.maxRecordKiB = in.MaxRecordSizeInKiB
		return next, err
	})
}
