package kinesis_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

func TestStreamLifeThroughSDK(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *kinesis.Config) { c.StateDelay = time.Second })
	ctx, name := t.Context(), aws.String("life")
	if _, err := w.client.CreateStream(ctx, &sdk.CreateStreamInput{StreamName: name, ShardCount: aws.Int32(3)}); err != nil {
		t.Fatal(err)
	}
	status := func() types.StreamStatus {
		t.Helper()
		out, err := w.client.DescribeStreamSummary(ctx, &sdk.DescribeStreamSummaryInput{StreamName: name})
		if err != nil {
			t.Fatal(err)
		}
		return out.StreamDescriptionSummary.StreamStatus
	}
	if got := status(); got != types.StreamStatusCreating {
		t.Errorf("after create: status %s", got)
	}
	creating, err := w.client.DescribeStream(ctx, &sdk.DescribeStreamInput{StreamName: name})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(creating.StreamDescription.Shards); n != 0 {
		t.Errorf("a stream being created shows %d shards, want none", n)
	}
	_, err = w.client.PutRecord(ctx, &sdk.PutRecordInput{StreamName: name, Data: []byte("x"), PartitionKey: aws.String("k")})
	var notFound *types.ResourceNotFoundException
	if !errors.As(err, &notFound) {
		t.Errorf("put into a stream being created: %v, want ResourceNotFoundException", err)
	}
	w.clock.advance(time.Second)
	if got := status(); got != types.StreamStatusActive {
		t.Errorf("after the delay: status %s", got)
	}
	if _, err := w.client.DeleteStream(ctx, &sdk.DeleteStreamInput{StreamARN: aws.String(arnOf("life"))}); err != nil {
		t.Fatal(err)
	}
	if got := status(); got != types.StreamStatusDeleting {
		t.Errorf("after delete: status %s", got)
	}
	w.clock.advance(time.Second)
	_, err = w.client.DescribeStreamSummary(ctx, &sdk.DescribeStreamSummaryInput{StreamName: name})
	if !errors.As(err, &notFound) {
		t.Errorf("after the second delay: %v, want ResourceNotFoundException", err)
	}
	if _, err := w.client.CreateStream(ctx, &sdk.CreateStreamInput{StreamName: name, ShardCount: aws.Int32(1)}); err != nil {
		t.Errorf("the name is not free again: %v", err)
	}
}

func TestDescribeStreamThroughSDK(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "three", 3)
	out, err := w.client.DescribeStream(t.Context(), &sdk.DescribeStreamInput{StreamName: aws.String("three")})
	if err != nil {
		t.Fatal(err)
	}
	d := out.StreamDescription
	if got, want := aws.ToTime(d.StreamCreationTimestamp), w.clock.Now().Truncate(time.Second); !got.Equal(want) {
		t.Errorf("created %v, want %v", got, want)
	}
	// The ranges were recorded from AWS (kinesalite test/createStream.js).
	want := [][2]string{
		{"0", "113427455640312821154458202477256070484"},
		{"113427455640312821154458202477256070485", "226854911280625642308916404954512140969"},
		{"226854911280625642308916404954512140970", "340282366920938463463374607431768211455"},
	}
	var got [][2]string
	for i, sh := range d.Shards {
		got = append(got, [2]string{*sh.HashKeyRange.StartingHashKey, *sh.HashKeyRange.EndingHashKey})
		if id := fmt.Sprintf("shardId-%012d", i); *sh.ShardId != id {
			t.Errorf("shard %d is called %s", i, *sh.ShardId)
		}
		if n := len(*sh.SequenceNumberRange.StartingSequenceNumber); n != 56 {
			t.Errorf("starting sequence number has %d digits, want 56", n)
		}
		if sh.SequenceNumberRange.EndingSequenceNumber != nil || sh.ParentShardId != nil {
			t.Errorf("an open first shard has an end or a parent: %+v", sh)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("hash key ranges (-want +got):\n%s", diff)
	}
	page, err := w.client.DescribeStream(t.Context(), &sdk.DescribeStreamInput{
		StreamARN: aws.String(arnOf("three")), Limit: aws.Int32(1), ExclusiveStartShardId: aws.String("shardId-000000000000"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if s := page.StreamDescription; len(s.Shards) != 1 || *s.Shards[0].ShardId != "shardId-000000000001" || !*s.HasMoreShards {
		t.Errorf("second page: %+v", s)
	}
}

func TestPutAndGetThroughSDK(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 1)
	ctx := t.Context()
	first, err := w.client.PutRecord(ctx, &sdk.PutRecordInput{
		StreamName: aws.String("s"), Data: []byte{}, PartitionKey: aws.String("ключ"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if first.EncryptionType != "" {
		t.Errorf("EncryptionType %q on a plain stream", first.EncryptionType)
	}
	many, err := w.client.PutRecords(ctx, &sdk.PutRecordsInput{StreamARN: aws.String(arnOf("s")), Records: []types.PutRecordsRequestEntry{
		{Data: []byte{0, 1, 0xff}, PartitionKey: aws.String("a")},
		{Data: []byte("<&>"), PartitionKey: aws.String("b"), ExplicitHashKey: aws.String("0")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if *many.FailedRecordCount != 0 {
		t.Fatalf("%d records failed", *many.FailedRecordCount)
	}
	it, err := w.client.GetShardIterator(ctx, &sdk.GetShardIteratorInput{
		StreamName: aws.String("s"), ShardId: aws.String("shardId-000000000000"), ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.client.GetRecords(ctx, &sdk.GetRecordsInput{ShardIterator: it.ShardIterator})
	if err != nil {
		t.Fatal(err)
	}
	arrived := w.clock.Now()
	want := []types.Record{
		{SequenceNumber: first.SequenceNumber, Data: []byte{}, PartitionKey: aws.String("ключ"), ApproximateArrivalTimestamp: &arrived},
		{SequenceNumber: many.Records[0].SequenceNumber, Data: []byte{0, 1, 0xff}, PartitionKey: aws.String("a"), ApproximateArrivalTimestamp: &arrived},
		{SequenceNumber: many.Records[1].SequenceNumber, Data: []byte("<&>"), PartitionKey: aws.String("b"), ApproximateArrivalTimestamp: &arrived},
	}
	if diff := cmp.Diff(want, got.Records, cmp.AllowUnexported(types.Record{}), cmp.FilterPath(func(p cmp.Path) bool {
		return p.Last().String() == ".noSmithyDocumentSerde"
	}, cmp.Ignore())); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if got.NextShardIterator == nil || *got.MillisBehindLatest != 0 || got.ChildShards != nil {
		t.Errorf("the rest of the answer: %+v", got)
	}
}

func TestListStreamsThroughSDK(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for i := range 5 {
		w.create(t, fmt.Sprintf("s%d", i), 1)
	}
	var got []string
	pages := sdk.NewListStreamsPaginator(w.client, &sdk.ListStreamsInput{Limit: aws.Int32(2)})
	for pages.HasMorePages() {
		out, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, out.StreamNames...)
		if len(out.StreamSummaries) != len(out.StreamNames) || *out.StreamSummaries[0].StreamARN != arnOf(out.StreamNames[0]) {
			t.Errorf("summaries do not match names: %+v", out)
		}
	}
	if diff := cmp.Diff([]string{"s0", "s1", "s2", "s3", "s4"}, got); diff != "" {
		t.Errorf("streams (-want +got):\n%s", diff)
	}
}

func TestListShardsThroughSDK(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 5)
	var got []string
	in := &sdk.ListShardsInput{StreamName: aws.String("s"), MaxResults: aws.Int32(2)}
	for {
		out, err := w.client.ListShards(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, sh := range out.Shards {
			got = append(got, *sh.ShardId)
		}
		if out.NextToken == nil {
			break
		}
		in = &sdk.ListShardsInput{NextToken: out.NextToken, MaxResults: aws.Int32(2)}
	}
	want := []string{"shardId-000000000000", "shardId-000000000001", "shardId-000000000002", "shardId-000000000003", "shardId-000000000004"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("shards (-want +got):\n%s", diff)
	}
	w.clock.advance(300 * time.Second)
	if _, err := w.client.ListShards(t.Context(), in); err != nil {
		t.Errorf("a token after 300 s: %v", err)
	}
	w.clock.advance(time.Second)
	_, err := w.client.ListShards(t.Context(), in)
	var expired *types.ExpiredNextTokenException
	if !errors.As(err, &expired) {
		t.Errorf("a token after 301 s: %v, want ExpiredNextTokenException", err)
	}
}

func TestRetentionThroughSDK(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 1)
	ctx := t.Context()
	count := func() int {
		t.Helper()
		out, err := w.GetRecords(ctx, kinesis.GetRecordsInput{ShardIterator: w.iterator(t, kinesis.GetShardIteratorInput{
			StreamName: "s", ShardId: "0", ShardIteratorType: "TRIM_HORIZON",
		})})
		if err != nil {
			t.Fatal(err)
		}
		return len(out.Records)
	}
	w.put(t, "s", "k", "old")
	if _, err := w.client.IncreaseStreamRetentionPeriod(ctx, &sdk.IncreaseStreamRetentionPeriodInput{
		StreamName: aws.String("s"), RetentionPeriodHours: aws.Int32(48),
	}); err != nil {
		t.Fatal(err)
	}
	w.clock.advance(30 * time.Hour)
	w.put(t, "s", "k", "new")
	if n := count(); n != 2 {
		t.Errorf("after 30 of 48 hours: %d records, want 2", n)
	}
	if _, err := w.client.DecreaseStreamRetentionPeriod(ctx, &sdk.DecreaseStreamRetentionPeriodInput{
		StreamName: aws.String("s"), RetentionPeriodHours: aws.Int32(24),
	}); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 1 {
		t.Errorf("with 24 hours: %d records, want 1", n)
	}
}

func TestTagsThroughSDK(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ctx := t.Context()
	if _, err := w.client.CreateStream(ctx, &sdk.CreateStreamInput{
		StreamName: aws.String("s"), ShardCount: aws.Int32(1), Tags: map[string]string{"a": "1"},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.AddTagsToStream(ctx, &sdk.AddTagsToStreamInput{
		StreamName: aws.String("s"), Tags: map[string]string{"a": "2", "b": "", "c": "3"},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.RemoveTagsFromStream(ctx, &sdk.RemoveTagsFromStreamInput{
		StreamName: aws.String("s"), TagKeys: []string{"c", "unknown"},
	}); err != nil {
		t.Fatal(err)
	}
	out, err := w.client.ListTagsForStream(ctx, &sdk.ListTagsForStreamInput{StreamName: aws.String("s")})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, tag := range out.Tags {
		got[*tag.Key] = *tag.Value
	}
	if diff := cmp.Diff(map[string]string{"a": "2", "b": ""}, got); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
}
