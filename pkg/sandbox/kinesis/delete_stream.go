package kinesis

import (
	"context"
	"time"
)

// DeleteStreamInput is the input of DeleteStream.
type DeleteStreamInput struct {
	StreamName, StreamARN string
	// EnforceConsumerDeletion deletes the registered consumers, too; without it there must be none.
	EnforceConsumerDeletion bool
}

// DeleteStream deletes an ACTIVE stream. Its records are gone at once; the name
// is DELETING, and taken, for the configured delay.
// Errors: CodeResourceNotFound, CodeResourceInUse, CodeInvalidArgument, CodeValidation.
func (s *Service) DeleteStream(ctx context.Context, in DeleteStreamInput) error {
	if err := s.check("DeleteStream", in); err != nil {
		return err
	}
	return s.deleteStream(ctx, in)
}

func (s *Service) deleteStream(_ context.Context, in DeleteStreamInput) error {
	var gone *stream
	err := s.change(in.StreamName, in.StreamARN, func(st *stream, now time.Time) (streamState, error) {
		next, err := s.begin(st, StatusDeleting, now)
		if err != nil {
			return streamState{}, err
		}
		if !in.EnforceConsumerDeletion && len(next.liveConsumers(now)) > 0 {
			return streamState{}, fault(CodeResourceInUse, "Stream %s under account %s has consumers registered: "+
				"deregister them, or delete them with EnforceConsumerDeletion.", st.name, s.cfg.AccountID)
		}
		for _, sh := range next.shards {
			sh.remove()
		}
		gone = st
		return next, nil
	})
	if err != nil {
		return err
	}
	s.removeStored(gone)
	s.control.Lock()
	defer s.control.Unlock()
	s.replaceStreams(func(map[string]*stream) {})
	return nil
}

// begin gives the state of an ACTIVE stream that enters a phase.
func (s *Service) begin(st *stream, phase string, now time.Time) (streamState, error) {
	next := *st.state.Load()
	if status := next.status(now); status != StatusActive {
		return streamState{}, s.errNotActive(st.name, status)
	}
	next.phase, next.settles = phase, now.Add(s.cfg.StateDelay)
	return next, nil
}
