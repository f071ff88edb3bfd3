package kinesis

import (
	"context"
	"time"
)

// RegisterStreamConsumerInput is the input of RegisterStreamConsumer.
type RegisterStreamConsumerInput struct {
	StreamARN    string
	ConsumerName string
	Tags         map[string]string
}

// RegisterStreamConsumerOutput is the output of RegisterStreamConsumer.
type RegisterStreamConsumerOutput struct{ Consumer Consumer }

// RegisterStreamConsumer makes a consumer of a stream. It is CREATING for the configured delay, then ACTIVE.
// Errors: CodeResourceNotFound, CodeResourceInUse if the name is taken, CodeLimitExceeded, CodeInvalidArgument, CodeValidation.
func (s *Service) RegisterStreamConsumer(ctx context.Context, in RegisterStreamConsumerInput) (RegisterStreamConsumerOutput, error) {
	return checked(ctx, s, "RegisterStreamConsumer", in, (*Service).registerStreamConsumer)
}

func (s *Service) registerStreamConsumer(_ context.Context, in RegisterStreamConsumerInput) (RegisterStreamConsumerOutput, error) {
	var out RegisterStreamConsumerOutput
	err := s.change("", in.StreamARN, func(st *stream, now time.Time) (streamState, error) {
		next := *st.state.Load()
		if status := next.status(now); !next.live(now) {
			return streamState{}, s.errNotActive(st.name, status)
		}
		if _, taken := next.consumer(now, in.ConsumerName, ""); taken {
			return streamState{}, fault(CodeResourceInUse, "Consumer %s under stream %s already exists for account %s.",
				in.ConsumerName, st.name, s.cfg.AccountID)
		}
		if err := s.checkConsumers(&next, st.name, now); err != nil {
			return streamState{}, err
		}
		tags, err := s.withTags(nil, in.Tags, "consumer "+in.ConsumerName)
		if err != nil {
			return streamState{}, err
		}
		c := &consumer{
			name: in.ConsumerName, arn: consumerARN(st.arn, in.ConsumerName, now), created: now,
			phase: StatusCreating, settles: now.Add(s.cfg.StateDelay), tags: tags, subs: &subscriptions{},
		}
		next.consumers = next.withConsumer(nil, c, now)
		out.Consumer = c.describe(now)
		out.Consumer.ConsumerStatus = StatusCreating
		return next, nil
	})
	return out, err
}

// checkConsumers checks that a stream may have one more consumer. The caller holds control.
func (s *Service) checkConsumers(state *streamState, stream string, now time.Time) error {
	limit, creating, live := maxConsumers, 0, state.liveConsumers(now)
	if s.settings.Load().committed(now) {
		limit = maxConsumersCommitted
	}
	for _, c := range live {
		if c.status(now) == StatusCreating {
			creating++
		}
	}
	switch {
	case len(live) >= limit:
		return fault(CodeLimitExceeded, "Stream %s under account %s already has %d consumers, the limit.", stream, s.cfg.AccountID, limit)
	case s.cfg.EnforceLimits && creating >= maxConsumersCreating:
		return fault(CodeLimitExceeded, "Stream %s under account %s already has %d consumers in the state CREATING.",
			stream, s.cfg.AccountID, creating)
	default:
		return nil
	}
}
