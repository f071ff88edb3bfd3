package kinesis

import (
	"context"

	"github.com/spillway/spillway/pkg/sandbox/kinesis/internal/schema"
)

// action runs an operation whose input passed the model's checks.
type action func(ctx context.Context, s *Service, in schema.Fields) (any, error)

// actions lists the operations served.
func actions() map[string]action {
	return map[string]action{
		"AddTagsToStream":               silent((*Service).addTagsToStream),
		"CreateStream":                  silent((*Service).createStream),
		"DecreaseStreamRetentionPeriod": silent((*Service).decreaseStreamRetentionPeriod),
		"DeleteStream":                  silent((*Service).deleteStream),
		"DescribeStream":                answering((*Service).describeStream),
		"DescribeStreamSummary":         answering((*Service).describeStreamSummary),
		"GetRecords":                    answering((*Service).getRecords),
		"GetShardIterator":              answering((*Service).getShardIterator),
		"IncreaseStreamRetentionPeriod": silent((*Service).increaseStreamRetentionPeriod),
		"ListShards":                    answering((*Service).listShards),
		"ListStreams":                   answering((*Service).listStreams),
		"ListTagsForStream":             answering((*Service).listTagsForStream),
		"MergeShards":                   silent((*Service).mergeShards),
		"PutRecord":                     answering((*Service).putRecord),
		"PutRecords":                    answering((*Service).putRecords),
		"RemoveTagsFromStream":          silent((*Service).removeTagsFromStream),
		"SplitShard":                    silent((*Service).splitShard),
	}
}

// answering adapts an operation with an output.
func answering[In, Out any](f func(*Service, context.Context, In) (Out, error)) action {
	return func(ctx context.Context, s *Service, in schema.Fields) (any, error) {
		var input In
		schema.Bind(in, &input)
		return f(s, ctx, input)
	}
}

// silent adapts an operation without an output.
func silent[In any](f func(*Service, context.Context, In) error) action {
	return func(ctx context.Context, s *Service, in schema.Fields) (any, error) {
		var input In
		schema.Bind(in, &input)
		return nil, f(s, ctx, input)
	}
}
