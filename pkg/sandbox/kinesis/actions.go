package kinesis

import (
	"context"
	"maps"
	"slices"

	"github.com/spillway/spillway/pkg/sandbox/kinesis/internal/awsjson"
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
		"DeleteResourcePolicy":          silent((*Service).deleteResourcePolicy),
		"DeleteStream":                  silent((*Service).deleteStream),
		"DeregisterStreamConsumer":      silent((*Service).deregisterStreamConsumer),
		"DescribeAccountSettings":       answering((*Service).describeAccountSettings),
		"DescribeLimits":                answering((*Service).describeLimits),
		"DescribeStream":                answering((*Service).describeStream),
		"DescribeStreamConsumer":        answering((*Service).describeStreamConsumer),
		"DescribeStreamSummary":         answering((*Service).describeStreamSummary),
		"DisableEnhancedMonitoring":     answering((*Service).disableEnhancedMonitoring),
		"EnableEnhancedMonitoring":      answering((*Service).enableEnhancedMonitoring),
		"GetRecords":                    answering((*Service).getRecords),
		"GetResourcePolicy":             answering((*Service).getResourcePolicy),
		"GetShardIterator":              answering((*Service).getShardIterator),
		"IncreaseStreamRetentionPeriod": silent((*Service).increaseStreamRetentionPeriod),
		"ListShards":                    answering((*Service).listShards),
		"ListStreamConsumers":           answering((*Service).listStreamConsumers),
		"ListStreams":                   answering((*Service).listStreams),
		"ListTagsForResource":           answering((*Service).listTagsForResource),
		"ListTagsForStream":             answering((*Service).listTagsForStream),
		"MergeShards":                   silent((*Service).mergeShards),
		"PutRecord":                     answering((*Service).putRecord),
		"PutRecords":                    answering((*Service).putRecords),
		"PutResourcePolicy":             silent((*Service).putResourcePolicy),
		"RegisterStreamConsumer":        answering((*Service).registerStreamConsumer),
		"RemoveTagsFromStream":          silent((*Service).removeTagsFromStream),
		"SplitShard":                    silent((*Service).splitShard),
		"StartStreamEncryption":         silent((*Service).startStreamEncryption),
		"StopStreamEncryption":          silent((*Service).stopStreamEncryption),
		"SubscribeToShard":              subscribing,
		"TagResource":                   silent((*Service).tagResource),
		"UntagResource":                 silent((*Service).untagResource),
		"UpdateAccountSettings":         answering((*Service).updateAccountSettings),
		"UpdateMaxRecordSize":           silent((*Service).updateMaxRecordSize),
		"UpdateShardCount":              answering((*Service).updateShardCount),
		"UpdateStreamMode":              silent((*Service).updateStreamMode),
		"UpdateStreamWarmThroughput":    answering((*Service).updateStreamWarmThroughput),
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

// subscribing adapts SubscribeToShard, whose answer is a stream of events.
func subscribing(ctx context.Context, s *Service, in schema.Fields) (any, error) {
	var input SubscribeToShardInput
	schema.Bind(in, &input)
	sub, err := s.subscribeToShard(ctx, input)
	if err != nil {
		return nil, err
	}
	return awsjson.Events{
		Name: "SubscribeToShardEvent",
		Next: func(ctx context.Context) (any, error) { return sub.Next(ctx) },
	}, nil
}

// Operations gives the names of the operations that are served, in the order of the alphabet.
func Operations() []string { return slices.Sorted(maps.Keys(actions())) }
