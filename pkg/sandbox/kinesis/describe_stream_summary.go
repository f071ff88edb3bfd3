package kinesis

import "context"

// DescribeStreamSummaryInput is the input of DescribeStreamSummary.
type DescribeStreamSummaryInput struct{ StreamName, StreamARN string }

// DescribeStreamSummaryOutput is the output of DescribeStreamSummary.
type DescribeStreamSummaryOutput struct{ StreamDescriptionSummary StreamDescriptionSummary }

// StreamDescriptionSummary describes a stream without its shards.
type StreamDescriptionSummary struct {
	streamFacts
	OpenShardCount     int
	ConsumerCount      int
	WarmThroughput     *WarmThroughput `json:",omitempty"`
	MaxRecordSizeInKiB int
}

// DescribeStreamSummary describes a stream without its shards.
// Errors: CodeResourceNotFound, CodeInvalidArgument, CodeValidation.
func (s *Service) DescribeStreamSummary(ctx context.Context, in DescribeStreamSummaryInput) (DescribeStreamSummaryOutput, error) {
	if err := s.check("DescribeStreamSummary", in); err != nil {
		return DescribeStreamSummaryOutput{}, err
	}
	return s.describeStreamSummary(ctx, in)
}

func (s *Service) describeStreamSummary(_ context.Context, in DescribeStreamSummaryInput) (DescribeStreamSummaryOutput, error) {
	st, err := s.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return DescribeStreamSummaryOutput{}, err
	}
	now, state := s.now(), st.state.Load()
	summary := StreamDescriptionSummary{streamFacts: st.facts(state, now), MaxRecordSizeInKiB: state.maxRecordKiB}
	summary.ConsumerCount = len(state.liveConsumers(now))
	if state.mode == ModeOnDemand {
		summary.WarmThroughput = state.warmThroughput(now)
	}
	if state.status(now) != StatusCreating {
		summary.OpenShardCount = len(state.open)
	}
	return DescribeStreamSummaryOutput{summary}, nil
}
