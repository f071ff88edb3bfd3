package kinesis

import (
	"context"
	"slices"
	"time"
)

// defaultConsumers is how many consumers ListStreamConsumers gives without MaxResults.
const defaultConsumers = 100

// ListStreamConsumersInput is the input of ListStreamConsumers.
type ListStreamConsumersInput struct {
	StreamARN               string
	NextToken               string
	MaxResults              int
	StreamCreationTimestamp time.Time
}

// ListStreamConsumersOutput is the output of ListStreamConsumers.
type ListStreamConsumersOutput struct {
	Consumers []Consumer
	NextToken string `json:",omitempty"`
}

// listStreamConsumers gives a page of a stream's consumers, the oldest first.
func (s *Service) listStreamConsumers(_ context.Context, in ListStreamConsumersInput) (ListStreamConsumersOutput, error) {
	st, err := s.stream("", in.StreamARN)
	if err != nil {
		return ListStreamConsumersOutput{}, err
	}
	from := page{Stream: st.name}
	if in.NextToken != "" {
		if from, err = s.openPage(useConsumers, in.NextToken); err != nil {
			return ListStreamConsumersOutput{}, err
		}
		if from.Stream != st.name {
			return ListStreamConsumersOutput{}, errInvalidNextToken()
		}
	}
	now := s.now()
	left := st.state.Load().liveConsumers(now)
	if i := slices.IndexFunc(left, func(c *consumer) bool { return c.arn == from.After }); i >= 0 {
		left = left[i+1:]
	}
	limit := in.MaxResults
	setDefault(&limit, defaultConsumers)
	n := min(limit, len(left))
	out := ListStreamConsumersOutput{Consumers: make([]Consumer, n)}
	for i, c := range left[:n] {
		out.Consumers[i] = c.describe(now)
	}
	if n < len(left) {
		from.After = left[n-1].arn
		out.NextToken = s.sealPage(useConsumers, from)
	}
	return out, nil
}
