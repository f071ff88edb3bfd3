package kinesis

import "context"

// DescribeStreamConsumerOutput is the output of DescribeStreamConsumer.
type DescribeStreamConsumerOutput struct{ ConsumerDescription ConsumerDescription }

// ConsumerDescription describes a consumer with its stream.
type ConsumerDescription struct {
	Consumer
	StreamARN string
}

// DescribeStreamConsumer describes a consumer.
// Errors: CodeResourceNotFound, CodeInvalidArgument, CodeValidation.
func (s *Service) DescribeStreamConsumer(ctx context.Context, in StreamConsumerInput) (DescribeStreamConsumerOutput, error) {
	return checked(ctx, s, "DescribeStreamConsumer", in, (*Service).describeStreamConsumer)
}

func (s *Service) describeStreamConsumer(_ context.Context, in StreamConsumerInput) (DescribeStreamConsumerOutput, error) {
	st, c, err := s.consumer(in.id())
	if err != nil {
		return DescribeStreamConsumerOutput{}, err
	}
	return DescribeStreamConsumerOutput{ConsumerDescription{c.describe(s.now()), st.arn}}, nil
}
