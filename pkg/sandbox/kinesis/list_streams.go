package kinesis

import (
	"context"
	"maps"
	"slices"
	"time"
)

// defaultStreams is how many streams ListStreams gives without a Limit.
const defaultStreams = 100

// ListStreamsInput is the input of ListStreams.
type ListStreamsInput struct {
	Limit                    int
	ExclusiveStartStreamName string
	NextToken                string
}

// ListStreamsOutput is the output of ListStreams.
type ListStreamsOutput struct {
	StreamNames     []string
	HasMoreStreams  bool
	NextToken       string `json:",omitempty"`
	StreamSummaries []StreamSummary
}

// StreamSummary describes a stream in a list.
type StreamSummary struct {
	StreamName              string
	StreamARN               string
	StreamStatus            string
	StreamModeDetails       StreamModeDetails
	StreamCreationTimestamp Timestamp
}

// ListStreams gives a page of the streams by name.
// Errors: CodeInvalidArgument, CodeExpiredNextToken, CodeValidation.
func (s *Service) ListStreams(ctx context.Context, in ListStreamsInput) (ListStreamsOutput, error) {
	if err := s.check("ListStreams", in); err != nil {
		return ListStreamsOutput{}, err
	}
	return s.listStreams(ctx, in)
}

func (s *Service) listStreams(_ context.Context, in ListStreamsInput) (ListStreamsOutput, error) {
	after := in.ExclusiveStartStreamName
	if in.NextToken != "" {
		p, err := s.openPage(useStreams, in.NextToken)
		if err != nil {
			return ListStreamsOutput{}, err
		}
		after = p.After
	}
	limit := in.Limit
	setDefault(&limit, defaultStreams)
	all, now := *s.streams.Load(), s.now()
	out := ListStreamsOutput{StreamNames: []string{}, StreamSummaries: []StreamSummary{}}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if name <= after || all[name].state.Load().gone(now) {
			continue
		}
		if len(out.StreamNames) == limit {
			out.HasMoreStreams = true
			out.NextToken = s.sealPage(useStreams, page{After: out.StreamNames[limit-1]})
			break
		}
		out.StreamNames = append(out.StreamNames, name)
		out.StreamSummaries = append(out.StreamSummaries, all[name].summary(now))
	}
	return out, nil
}

func (st *stream) summary(now time.Time) StreamSummary {
	return StreamSummary{
		StreamName:              st.name,
		StreamARN:               st.arn,
		StreamStatus:            st.state.Load().status(now),
		StreamModeDetails:       StreamModeDetails{st.state.Load().mode},
		StreamCreationTimestamp: Timestamp{st.created.Truncate(time.Second)},
	}
}
