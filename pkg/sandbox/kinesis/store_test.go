package kinesis_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

// reopened opens a service on a directory; its clock is c.
func reopened(t *testing.T, dir string, c *clock) *kinesis.Service {
	t.Helper()
	s, err := kinesis.Open(kinesis.Config{Region: testRegion, AccountID: testAccount, Now: c.Now, StateDelay: -1}, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// crashed copies the directory of a service that is still running: what its crash would leave.
func crashed(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// contents is all that can be seen of a service.
func contents(t *testing.T, s *kinesis.Service) map[string]any {
	t.Helper()
	ctx, out := t.Context(), map[string]any{}
	note := func(name string, v any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		out[name] = v
	}
	described, err := s.DescribeStream(ctx, kinesis.DescribeStreamInput{StreamName: "s"})
	note("stream", fmt.Sprintf("%+v", described), err)
	summary, err := s.DescribeStreamSummary(ctx, kinesis.DescribeStreamSummaryInput{StreamName: "s"})
	note("summary", fmt.Sprintf("%+v", summary), err)
	tags, err := s.ListTagsForStream(ctx, kinesis.ListTagsForStreamInput{StreamName: "s"})
	note("tags", tags, err)
	consumer, err := s.DescribeStreamConsumer(ctx, kinesis.StreamConsumerInput{StreamARN: arnOf("s"), ConsumerName: "fan"})
	note("consumer", fmt.Sprintf("%+v", consumer), err)
	for _, sh := range described.StreamDescription.Shards {
		read, err := s.ReadShard(ctx, arnOf("s"), sh.ShardId, kinesis.TrimHorizon(), 1000, 1<<20)
		note(sh.ShardId, read.Records, err)
	}
	used, _ := s.Memory()
	note("memory", used, nil)
	return out
}

func TestStreamsSurvive(t *testing.T) {
	t.Parallel()
	dir, c, ctx := t.TempDir(), newClock(), t.Context()
	s := reopened(t, dir, c)
	put := func(s *kinesis.Service, n int) {
		t.Helper()
		in := kinesis.PutRecordsInput{StreamName: "s"}
		for i := range n {
			in.Records = append(in.Records, kinesis.PutRecordsEntry{PartitionKey: fmt.Sprint(i), Data: fmt.Append(nil, "data ", i)})
		}
		if out, err := s.PutRecords(ctx, in); err != nil || out.FailedRecordCount != 0 {
			t.Fatalf("%d failed, %v", out.FailedRecordCount, err)
		}
		c.advance(time.Second)
	}
	if err := s.CreateStream(ctx, kinesis.CreateStreamInput{StreamName: "s", ShardCount: 2, Tags: map[string]string{"a": "1"}}); err != nil {
		t.Fatal(err)
	}
	put(s, 50)
	for name, err := range map[string]error{
		"encrypt": s.StartStreamEncryption(ctx, kinesis.StreamEncryptionInput{StreamName: "s", EncryptionType: "KMS", KeyId: "alias/a"}),
		"retain":  s.IncreaseStreamRetentionPeriod(ctx, kinesis.RetentionPeriodInput{StreamName: "s", RetentionPeriodHours: 48}),
		"split":   s.SplitShard(ctx, kinesis.SplitShardInput{StreamName: "s", ShardToSplit: "0", NewStartingHashKey: "1000000000000000000000000000000000000"}),
		"merge":   s.MergeShards(ctx, kinesis.MergeShardsInput{StreamName: "s", ShardToMerge: "1", AdjacentShardToMerge: "3"}),
	} {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if _, err := s.RegisterStreamConsumer(ctx, kinesis.RegisterStreamConsumerInput{StreamARN: arnOf("s"), ConsumerName: "fan"}); err != nil {
		t.Fatal(err)
	}
	put(s, 50)
	want := contents(t, s)

	after := reopened(t, crashed(t, dir), c)
	if diff := cmp.Diff(want, contents(t, after)); diff != "" {
		t.Errorf("after a crash (-want +got):\n%s", diff)
	}
	if _, err := kinesis.Open(kinesis.Config{}, dir); err == nil {
		t.Error("two use one directory")
	}
	s.Close()
	s = reopened(t, dir, c)
	if diff := cmp.Diff(want, contents(t, s)); diff != "" {
		t.Errorf("after a restart (-want +got):\n%s", diff)
	}
	put(s, 50)
	var sequences []string
	for _, sh := range []string{"0", "1", "2", "3", "4"} {
		read, err := s.ReadShard(ctx, arnOf("s"), sh, kinesis.TrimHorizon(), 1000, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		var own []string
		for _, r := range read.Records {
			own = append(own, r.SequenceNumber)
		}
		if !slices.IsSorted(own) {
			t.Errorf("shard %s is out of order", sh)
		}
		sequences = append(sequences, own...)
	}
	slices.Sort(sequences)
	if n := len(slices.Compact(sequences)); n != 150 {
		t.Errorf("%d records, want 150", n)
	}

	if err := s.DeleteStream(ctx, kinesis.DeleteStreamInput{StreamName: "s", EnforceConsumerDeletion: true}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = reopened(t, dir, c)
	if used, _ := s.Memory(); used != 0 {
		t.Errorf("%d bytes of a deleted stream", used)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "records", "*")); left != nil {
		t.Errorf("left over: %v", left)
	}
	if err := s.CreateStream(ctx, kinesis.CreateStreamInput{StreamName: "s", ShardCount: 1}); err != nil {
		t.Errorf("the name is not free: %v", err)
	}
}

// TestExpiredRecordsLeaveTheDirectory fills more than a segment, waits for the retention, and looks at the files.
func TestExpiredRecordsLeaveTheDirectory(t *testing.T) {
	t.Parallel()
	dir, c, ctx := t.TempDir(), newClock(), t.Context()
	s := reopened(t, dir, c)
	if err := s.CreateStream(ctx, kinesis.CreateStreamInput{StreamName: "s", ShardCount: 1}); err != nil {
		t.Fatal(err)
	}
	put := func() string {
		t.Helper()
		out, err := s.PutRecord(ctx, kinesis.PutRecordInput{StreamName: "s", PartitionKey: "k", Data: make([]byte, 1<<20-1)})
		if err != nil {
			t.Fatal(err)
		}
		return out.SequenceNumber
	}
	for range 17 {
		put()
	}
	c.advance(25 * time.Hour)
	last := put()
	files, err := filepath.Glob(filepath.Join(dir, "records", "*", "*", "*.log"))
	if err != nil || len(files) != 1 {
		t.Errorf("17 MiB have expired, and there are %d segments, %v", len(files), err)
	}
	c.advance(25 * time.Hour)
	s.Close()
	s = reopened(t, dir, c)
	if got, err := s.ReadShard(ctx, arnOf("s"), "0", kinesis.TrimHorizon(), 10, 1<<20); err != nil || len(got.Records) != 0 {
		t.Errorf("expired meanwhile: %d records, %v", len(got.Records), err)
	}
	if next := put(); next <= last {
		t.Errorf("%s comes after %s", next, last)
	}
}

// TestPutsThatCannotBeSavedFail puts when the directory is not used any more: nothing is accepted, and nothing is there.
func TestPutsThatCannotBeSavedFail(t *testing.T) {
	t.Parallel()
	dir, c, ctx := t.TempDir(), newClock(), t.Context()
	s := reopened(t, dir, c)
	if err := s.CreateStream(ctx, kinesis.CreateStreamInput{StreamName: "s", ShardCount: 1}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := s.PutRecord(ctx, kinesis.PutRecordInput{StreamName: "s", PartitionKey: "k", Data: []byte("x")}); code(err) != kinesis.CodeInternalFailure {
		t.Errorf("put: %v", err)
	}
	out, err := s.PutRecords(ctx, kinesis.PutRecordsInput{StreamName: "s", Records: []kinesis.PutRecordsEntry{{PartitionKey: "k", Data: []byte("x")}}})
	if err != nil || out.FailedRecordCount != 1 || out.Records[0].ErrorCode != kinesis.CodeInternalFailure {
		t.Errorf("puts: %+v, %v", out, err)
	}
	if got, err := s.ReadShard(ctx, arnOf("s"), "0", kinesis.TrimHorizon(), 10, 100); err != nil || len(got.Records) != 0 {
		t.Errorf("read: %+v, %v", got, err)
	}
	if used, _ := s.Memory(); used != 0 {
		t.Errorf("%d bytes are used", used)
	}
}

func TestDamagedStateIsRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no JSON":      "x",
		"no hash keys": `{"Streams":[{"Name":"s","Shards":[{}]}]}`,
		"no parent":    `{"Streams":[{"Name":"s","Shards":[{"First":"0","Last":"1","Parent":0}]}]}`,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "streams.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := kinesis.Open(kinesis.Config{}, dir); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
