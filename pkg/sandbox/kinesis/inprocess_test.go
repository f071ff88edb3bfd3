package kinesis_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

// TestTypedMethods calls what the SDK's tests reach over HTTP only.
func TestTypedMethods(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ctx := t.Context()
	if err := w.CreateStream(ctx, kinesis.CreateStreamInput{
		StreamName: "s", StreamModeDetails: &kinesis.StreamModeDetails{StreamMode: kinesis.ModeOnDemand}, Tags: map[string]string{"a": "1"},
	}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name string
		err  error
	}{
		{"tag", w.AddTagsToStream(ctx, kinesis.AddTagsToStreamInput{StreamName: "s", Tags: map[string]string{"b": "2", "c": "3"}})},
		{"untag", w.RemoveTagsFromStream(ctx, kinesis.RemoveTagsFromStreamInput{StreamName: "s", TagKeys: []string{"a"}})},
		{"increase", w.IncreaseStreamRetentionPeriod(ctx, kinesis.RetentionPeriodInput{StreamARN: arnOf("s"), RetentionPeriodHours: 48})},
		{"decrease", w.DecreaseStreamRetentionPeriod(ctx, kinesis.RetentionPeriodInput{StreamARN: arnOf("s"), RetentionPeriodHours: 30})},
	} {
		if step.err != nil {
			t.Errorf("%s: %v", step.name, step.err)
		}
	}
	described, err := w.DescribeStream(ctx, kinesis.DescribeStreamInput{StreamName: "s"})
	if err != nil || len(described.StreamDescription.Shards) != 4 || described.StreamDescription.StreamStatus != kinesis.StatusActive {
		t.Errorf("describe: %+v, %v", described, err)
	}
	summary, err := w.DescribeStreamSummary(ctx, kinesis.DescribeStreamSummaryInput{StreamName: "s"})
	if d := summary.StreamDescriptionSummary; err != nil || d.OpenShardCount != 4 || d.RetentionPeriodHours != 30 || d.StreamModeDetails.StreamMode != kinesis.ModeOnDemand {
		t.Errorf("summary: %+v, %v", d, err)
	}
	if all, err := w.ListStreams(ctx, kinesis.ListStreamsInput{}); err != nil || !cmp.Equal(all.StreamNames, []string{"s"}) {
		t.Errorf("streams: %+v, %v", all, err)
	}
	tags, err := w.ListTagsForStream(ctx, kinesis.ListTagsForStreamInput{StreamName: "s", Limit: 1})
	if err != nil || !tags.HasMoreTags || !cmp.Equal(tags.Tags, []kinesis.Tag{{Key: "b", Value: "2"}}) {
		t.Errorf("tags: %+v, %v", tags, err)
	}
	rest, err := w.ListTagsForStream(ctx, kinesis.ListTagsForStreamInput{StreamName: "s", ExclusiveStartTagKey: "b"})
	if err != nil || rest.HasMoreTags || !cmp.Equal(rest.Tags, []kinesis.Tag{{Key: "c", Value: "3"}}) {
		t.Errorf("more tags: %+v, %v", rest, err)
	}
}

func TestTagLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 1)
	tags := map[string]string{}
	for i := range 51 {
		tags[fmt.Sprint(i)] = ""
	}
	if err := w.AddTagsToStream(t.Context(), kinesis.AddTagsToStreamInput{StreamName: "s", Tags: tags}); code(err) != kinesis.CodeInvalidArgument {
		t.Errorf("51 tags: %v", err)
	}
	delete(tags, "50")
	if err := w.AddTagsToStream(t.Context(), kinesis.AddTagsToStreamInput{StreamName: "s", Tags: tags}); err != nil {
		t.Errorf("50 tags: %v", err)
	}
	if err := w.AddTagsToStream(t.Context(), kinesis.AddTagsToStreamInput{StreamName: "s", Tags: map[string]string{"one more": ""}}); code(err) != kinesis.CodeInvalidArgument {
		t.Errorf("one more: %v", err)
	}
}

func TestPositionsPrint(t *testing.T) {
	t.Parallel()
	after, err := kinesis.AfterSequenceNumber("49590338271490256608559692538361571095921575989136588898")
	if err != nil {
		t.Fatal(err)
	}
	for want, p := range map[string]kinesis.Position{
		"TRIM_HORIZON":                          kinesis.TrimHorizon(),
		"LATEST":                                kinesis.Latest(),
		"AT_TIMESTAMP 2026-03-04T05:06:07.008Z": kinesis.AtTimestamp(time.Date(2026, 3, 4, 5, 6, 7, 8_000_000, time.UTC)),
		"AT_SEQUENCE_NUMBER 49590338271490256608559692538361571095921575989136588899": after,
	} {
		if p.String() != want {
			t.Errorf("got %s, want %s", p, want)
		}
	}
	if latest := kinesis.Latest(); latest != kinesis.Latest() || latest == kinesis.TrimHorizon() {
		t.Error("positions do not compare")
	}
}
