package kinesis_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

// expect is out, or the end of the test.
func expect[Out any](t *testing.T) func(out Out, err error) Out {
	t.Helper()
	return func(out Out, err error) Out {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// called is a client of w that notes the operations which it calls.
func called(w *world) (*sdk.Client, *[]string) {
	var names []string
	note := middleware.InitializeMiddlewareFunc("note", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		names = append(names, middleware.GetOperationName(ctx))
		return next.HandleInitialize(ctx, in)
	})
	opts := w.client.Options()
	opts.APIOptions = append(opts.APIOptions, func(s *middleware.Stack) error { return s.Initialize.Add(note, middleware.After) })
	return sdk.New(opts), &names
}

// TestEveryOperationThroughSDK calls every operation of the API with AWS's own client and looks at what it answers.
func TestEveryOperationThroughSDK(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	c, names := called(w)
	ctx, name, arn := t.Context(), aws.String("s"), aws.String(arnOf("s"))
	fields := func(what string, want, got any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}

	expect[*sdk.CreateStreamOutput](t)(c.CreateStream(ctx, &sdk.CreateStreamInput{StreamName: name, ShardCount: aws.Int32(2), MaxRecordSizeInKiB: aws.Int32(2048)}))
	expect[*sdk.UpdateMaxRecordSizeOutput](t)(c.UpdateMaxRecordSize(ctx, &sdk.UpdateMaxRecordSizeInput{StreamARN: arn, MaxRecordSizeInKiB: aws.Int32(4096)}))
	expect[*sdk.StartStreamEncryptionOutput](t)(c.StartStreamEncryption(ctx, &sdk.StartStreamEncryptionInput{StreamARN: arn, EncryptionType: types.EncryptionTypeKms, KeyId: aws.String("alias/aws/kinesis")}))
	put := expect[*sdk.PutRecordOutput](t)(c.PutRecord(ctx, &sdk.PutRecordInput{StreamARN: arn, PartitionKey: aws.String("k"), Data: []byte("1"), ExplicitHashKey: aws.String("0")}))
	fields("encryption of a put", types.EncryptionTypeKms, put.EncryptionType)
	summary := expect[*sdk.DescribeStreamSummaryOutput](t)(c.DescribeStreamSummary(ctx, &sdk.DescribeStreamSummaryInput{StreamARN: arn})).StreamDescriptionSummary
	fields("record size and key", []any{int32(4096), "alias/aws/kinesis", types.EncryptionTypeKms},
		[]any{*summary.MaxRecordSizeInKiB, aws.ToString(summary.KeyId), summary.EncryptionType})
	expect[*sdk.StopStreamEncryptionOutput](t)(c.StopStreamEncryption(ctx, &sdk.StopStreamEncryptionInput{StreamARN: arn, EncryptionType: types.EncryptionTypeKms, KeyId: aws.String("alias/aws/kinesis")}))
	expect[*sdk.PutRecordsOutput](t)(c.PutRecords(ctx, &sdk.PutRecordsInput{StreamARN: arn, Records: []types.PutRecordsRequestEntry{{PartitionKey: aws.String("k"), Data: []byte("2"), ExplicitHashKey: aws.String("0")}}}))
	iter := expect[*sdk.GetShardIteratorOutput](t)(c.GetShardIterator(ctx, &sdk.GetShardIteratorInput{StreamARN: arn, ShardId: aws.String(shard0), ShardIteratorType: types.ShardIteratorTypeTrimHorizon}))
	got := expect[*sdk.GetRecordsOutput](t)(c.GetRecords(ctx, &sdk.GetRecordsInput{ShardIterator: iter.ShardIterator, StreamARN: arn}))
	fields("records", []string{"1 KMS", "2 "}, []string{
		string(got.Records[0].Data) + " " + string(got.Records[0].EncryptionType), string(got.Records[1].Data) + " " + string(got.Records[1].EncryptionType),
	})

	enabled := expect[*sdk.EnableEnhancedMonitoringOutput](t)(c.EnableEnhancedMonitoring(ctx, &sdk.EnableEnhancedMonitoringInput{StreamARN: arn, ShardLevelMetrics: []types.MetricsName{types.MetricsNameAll}}))
	fields("metrics", []int{0, 7}, []int{len(enabled.CurrentShardLevelMetrics), len(enabled.DesiredShardLevelMetrics)})
	disabled := expect[*sdk.DisableEnhancedMonitoringOutput](t)(c.DisableEnhancedMonitoring(ctx, &sdk.DisableEnhancedMonitoringInput{StreamARN: arn, ShardLevelMetrics: []types.MetricsName{types.MetricsNameIncomingBytes}}))
	fields("metrics left", []int{7, 6}, []int{len(disabled.CurrentShardLevelMetrics), len(disabled.DesiredShardLevelMetrics)})

	expect[*sdk.AddTagsToStreamOutput](t)(c.AddTagsToStream(ctx, &sdk.AddTagsToStreamInput{StreamARN: arn, Tags: map[string]string{"a": "1", "b": "2"}}))
	expect[*sdk.RemoveTagsFromStreamOutput](t)(c.RemoveTagsFromStream(ctx, &sdk.RemoveTagsFromStreamInput{StreamARN: arn, TagKeys: []string{"a"}}))
	expect[*sdk.TagResourceOutput](t)(c.TagResource(ctx, &sdk.TagResourceInput{ResourceARN: arn, Tags: map[string]string{"c": "3", "d": "4"}}))
	expect[*sdk.UntagResourceOutput](t)(c.UntagResource(ctx, &sdk.UntagResourceInput{ResourceARN: arn, TagKeys: []string{"d"}}))
	tags := expect[*sdk.ListTagsForStreamOutput](t)(c.ListTagsForStream(ctx, &sdk.ListTagsForStreamInput{StreamARN: arn}))
	same := expect[*sdk.ListTagsForResourceOutput](t)(c.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceARN: arn}))
	for _, list := range [][]types.Tag{tags.Tags, same.Tags} {
		var flat []string
		for _, tag := range list {
			flat = append(flat, *tag.Key+"="+*tag.Value)
		}
		fields("tags", []string{"b=2", "c=3"}, flat)
	}

	const policy = `{"Version":"2012-10-17","Statement":[]}`
	expect[*sdk.PutResourcePolicyOutput](t)(c.PutResourcePolicy(ctx, &sdk.PutResourcePolicyInput{ResourceARN: arn, Policy: aws.String(policy)}))
	fields("policy", policy, *expect[*sdk.GetResourcePolicyOutput](t)(c.GetResourcePolicy(ctx, &sdk.GetResourcePolicyInput{ResourceARN: arn})).Policy)
	expect[*sdk.DeleteResourcePolicyOutput](t)(c.DeleteResourcePolicy(ctx, &sdk.DeleteResourcePolicyInput{ResourceARN: arn}))
	fields("no policy", "{}", *expect[*sdk.GetResourcePolicyOutput](t)(c.GetResourcePolicy(ctx, &sdk.GetResourcePolicyInput{ResourceARN: arn})).Policy)

	consumer := expect[*sdk.RegisterStreamConsumerOutput](t)(c.RegisterStreamConsumer(ctx, &sdk.RegisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("fan"), Tags: map[string]string{"t": "v"}})).Consumer
	fields("status at registration", types.ConsumerStatusCreating, consumer.ConsumerStatus)
	described := expect[*sdk.DescribeStreamConsumerOutput](t)(c.DescribeStreamConsumer(ctx, &sdk.DescribeStreamConsumerInput{ConsumerARN: consumer.ConsumerARN})).ConsumerDescription
	fields("consumer", []string{"fan", "ACTIVE", arnOf("s"), arnOf("s") + "/consumer/fan:1772600767"},
		[]string{*described.ConsumerName, string(described.ConsumerStatus), *described.StreamARN, *described.ConsumerARN})
	consumers := expect[*sdk.ListStreamConsumersOutput](t)(c.ListStreamConsumers(ctx, &sdk.ListStreamConsumersInput{StreamARN: arn}))
	fields("consumers", 1, len(consumers.Consumers))
	sub := expect[*sdk.SubscribeToShardOutput](t)(c.SubscribeToShard(ctx, &sdk.SubscribeToShardInput{
		ConsumerARN: consumer.ConsumerARN, ShardId: aws.String(shard0), StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon},
	}))
	event, ok := (<-sub.GetStream().Events()).(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent)
	if !ok || len(event.Value.Records) != 2 || *event.Value.ContinuationSequenceNumber != *event.Value.Records[1].SequenceNumber {
		t.Errorf("event: %+v", event)
	}
	sub.GetStream().Close()
	expect[*sdk.DeregisterStreamConsumerOutput](t)(c.DeregisterStreamConsumer(ctx, &sdk.DeregisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("fan")}))

	scaled := expect[*sdk.UpdateShardCountOutput](t)(c.UpdateShardCount(ctx, &sdk.UpdateShardCountInput{StreamARN: arn, TargetShardCount: aws.Int32(3), ScalingType: types.ScalingTypeUniformScaling}))
	fields("shard counts", []int32{2, 3}, []int32{*scaled.CurrentShardCount, *scaled.TargetShardCount})
	open := func() []types.Shard {
		return expect[*sdk.ListShardsOutput](t)(c.ListShards(ctx, &sdk.ListShardsInput{StreamARN: arn, ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}})).Shards
	}
	fields("open shards", 3, len(open()))
	expect[*sdk.MergeShardsOutput](t)(c.MergeShards(ctx, &sdk.MergeShardsInput{StreamARN: arn, ShardToMerge: open()[0].ShardId, AdjacentShardToMerge: open()[2].ShardId}))
	expect[*sdk.SplitShardOutput](t)(c.SplitShard(ctx, &sdk.SplitShardInput{StreamARN: arn, ShardToSplit: open()[1].ShardId, NewStartingHashKey: aws.String("2000")}))
	fields("open shards after merge and split", 3, len(open()))

	expect[*sdk.UpdateStreamModeOutput](t)(c.UpdateStreamMode(ctx, &sdk.UpdateStreamModeInput{StreamARN: arn, StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand}}))
	limits := expect[*sdk.DescribeLimitsOutput](t)(c.DescribeLimits(ctx, &sdk.DescribeLimitsInput{}))
	fields("limits", []int32{20_000, 0, 1, 50}, []int32{*limits.ShardLimit, *limits.OpenShardCount, *limits.OnDemandStreamCount, *limits.OnDemandStreamCountLimit})
	commit := &types.MinimumThroughputBillingCommitmentInput{Status: types.MinimumThroughputBillingCommitmentInputStatusEnabled}
	expect[*sdk.UpdateAccountSettingsOutput](t)(c.UpdateAccountSettings(ctx, &sdk.UpdateAccountSettingsInput{MinimumThroughputBillingCommitment: commit}))
	settings := expect[*sdk.DescribeAccountSettingsOutput](t)(c.DescribeAccountSettings(ctx, &sdk.DescribeAccountSettingsInput{})).MinimumThroughputBillingCommitment
	fields("commitment", []any{types.MinimumThroughputBillingCommitmentOutputStatusEnabled, 24 * time.Hour}, []any{settings.Status, settings.EarliestAllowedEndAt.Sub(*settings.StartedAt)})
	warm := expect[*sdk.UpdateStreamWarmThroughputOutput](t)(c.UpdateStreamWarmThroughput(ctx, &sdk.UpdateStreamWarmThroughputInput{StreamARN: arn, WarmThroughputMiBps: aws.Int32(7)}))
	fields("warm throughput", []int32{7, 3, 7}, []int32{*warm.WarmThroughput.TargetMiBps, *warm.WarmThroughput.CurrentMiBps, int32(len(open()))})

	expect[*sdk.IncreaseStreamRetentionPeriodOutput](t)(c.IncreaseStreamRetentionPeriod(ctx, &sdk.IncreaseStreamRetentionPeriodInput{StreamARN: arn, RetentionPeriodHours: aws.Int32(48)}))
	expect[*sdk.DecreaseStreamRetentionPeriodOutput](t)(c.DecreaseStreamRetentionPeriod(ctx, &sdk.DecreaseStreamRetentionPeriodInput{StreamARN: arn, RetentionPeriodHours: aws.Int32(30)}))
	stream := expect[*sdk.DescribeStreamOutput](t)(c.DescribeStream(ctx, &sdk.DescribeStreamInput{StreamARN: arn})).StreamDescription
	fields("retention", int32(30), *stream.RetentionPeriodHours)
	fields("streams", []string{"s"}, expect[*sdk.ListStreamsOutput](t)(c.ListStreams(ctx, &sdk.ListStreamsInput{})).StreamNames)
	expect[*sdk.DeleteStreamOutput](t)(c.DeleteStream(ctx, &sdk.DeleteStreamInput{StreamARN: arn}))

	seen := slices.Compact(slices.Sorted(slices.Values(*names)))
	fields("operations called", kinesis.Operations(), seen)
}

// TestUniformScaling goes through counts of shards and checks that the open ones have equal ranges and at most two parents each.
func TestUniformScaling(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 5)
	for _, target := range []int{10, 7, 4, 3, 6, 12, 24, 13, 13} {
		if _, err := w.UpdateShardCount(t.Context(), kinesis.UpdateShardCountInput{StreamName: "s", TargetShardCount: target, ScalingType: "UNIFORM_SCALING"}); err != nil {
			t.Fatalf("to %d: %v", target, err)
		}
		out, err := w.ListShards(t.Context(), kinesis.ListShardsInput{StreamName: "s", ShardFilter: &kinesis.ShardFilter{Type: "AT_LATEST"}})
		if err != nil {
			t.Fatal(err)
		}
		fresh := newWorld(t, nil)
		fresh.create(t, "s", target)
		want, err := fresh.ListShards(t.Context(), kinesis.ListShardsInput{StreamName: "s"})
		if err != nil {
			t.Fatal(err)
		}
		ranges := func(shards []kinesis.Shard) (all []string) {
			for _, sh := range shards {
				all = append(all, sh.HashKeyRange.StartingHashKey+"-"+sh.HashKeyRange.EndingHashKey)
			}
			slices.Sort(all)
			return all
		}
		if diff := cmp.Diff(ranges(want.Shards), ranges(out.Shards)); diff != "" {
			t.Errorf("to %d (-want +got):\n%s", target, diff)
		}
	}
	_, err := w.UpdateShardCount(t.Context(), kinesis.UpdateShardCountInput{StreamName: "s", TargetShardCount: 27, ScalingType: "UNIFORM_SCALING"})
	if code(err) != kinesis.CodeInvalidArgument {
		t.Errorf("more than double: %v", err)
	}
	_, err = w.UpdateShardCount(t.Context(), kinesis.UpdateShardCountInput{StreamName: "s", TargetShardCount: 6, ScalingType: "UNIFORM_SCALING"})
	if code(err) != kinesis.CodeInvalidArgument {
		t.Errorf("less than half: %v", err)
	}
}

func TestOnlySoOftenInADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *kinesis.Config) { c.EnforceLimits = true })
	w.create(t, "s", 2)
	ctx := t.Context()
	for name, op := range map[string]struct {
		limit int
		call  func(i int) error
	}{
		"rescale": {10, func(int) error {
			_, err := w.UpdateShardCount(ctx, kinesis.UpdateShardCountInput{StreamName: "s", TargetShardCount: 2, ScalingType: "UNIFORM_SCALING"})
			return err
		}},
		"encrypt": {25, func(int) error {
			return w.StartStreamEncryption(ctx, kinesis.StreamEncryptionInput{StreamName: "s", EncryptionType: "KMS", KeyId: "alias/a"})
		}},
		"mode": {2, func(i int) error {
			mode := []string{kinesis.ModeOnDemand, kinesis.ModeProvisioned}[i%2]
			return w.UpdateStreamMode(ctx, kinesis.UpdateStreamModeInput{StreamARN: arnOf("s"), StreamModeDetails: &kinesis.StreamModeDetails{StreamMode: mode}})
		}},
	} {
		for i := range op.limit {
			if err := op.call(i); err != nil {
				t.Errorf("%s %d: %v", name, i, err)
			}
		}
		if err := op.call(op.limit); code(err) != kinesis.CodeLimitExceeded {
			t.Errorf("%s once more: %v", name, err)
		}
		w.clock.advance(24 * time.Hour)
		if err := op.call(op.limit); err != nil {
			t.Errorf("%s a day later: %v", name, err)
		}
		if name == "mode" {
			w.clock.advance(24 * time.Hour)
			if err := op.call(1); err != nil {
				t.Errorf("back to provisioned: %v", err)
			}
		}
	}
}

func TestDryRunChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 1)
	for operation, body := range map[string]string{
		"PutRecord":        `{"StreamName":"s","PartitionKey":"k","Data":"AA==","DryRun":true}`,
		"PutRecords":       `{"StreamName":"s","Records":[{"PartitionKey":"k","Data":"AA=="}],"DryRun":true}`,
		"GetShardIterator": `{"StreamName":"s","ShardId":"0","ShardIteratorType":"LATEST","DryRun":true}`,
	} {
		if a := w.send(t, operation, body, nil); a.status != 400 || a.field("__type") != "DryRunOperationException" {
			t.Errorf("%s: %d %s", operation, a.status, a.body)
		}
	}
	if used, _ := w.Memory(); used != 0 {
		t.Errorf("%d bytes are used", used)
	}
}
