package kinesis_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

const shard0 = "shardId-000000000000"

func (w *world) read(t testing.TB, shard string, from kinesis.Position, limit int) kinesis.ReadResult {
	t.Helper()
	out, err := w.ReadShard(context.Background(), arnOf("s"), shard, from, limit, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func datas(records []kinesis.Record) string {
	var out []string
	for _, r := range records {
		out = append(out, string(r.Data))
	}
	return strings.Join(out, " ")
}

func TestReadShardFromEachPosition(t *testing.T) {
	t.Parallel()
	minuteOne := newClock().Now().Add(time.Minute)
	at := func(p kinesis.Position) func(string) (kinesis.Position, error) {
		return func(string) (kinesis.Position, error) { return p, nil }
	}
	for _, c := range []struct {
		name string
		from func(seqOfB string) (kinesis.Position, error)
		want string
	}{
		{"trim horizon", at(kinesis.TrimHorizon()), "a b c"},
		{"latest", at(kinesis.Latest()), ""},
		{"at the time of a record", at(kinesis.AtTimestamp(minuteOne)), "b c"},
		{"a millisecond later", at(kinesis.AtTimestamp(minuteOne.Add(time.Millisecond))), "c"},
		{"after a sequence number", kinesis.AfterSequenceNumber, "c"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.create(t, "s", 1)
			w.put(t, "s", "k", "a")
			w.clock.advance(time.Minute)
			b := w.put(t, "s", "k", "b")
			w.clock.advance(time.Minute)
			w.put(t, "s", "k", "c")
			from, err := c.from(b.SequenceNumber)
			if err != nil {
				t.Fatal(err)
			}
			got := w.read(t, shard0, from, 10)
			if datas(got.Records) != c.want {
				t.Errorf("read %q, want %q", datas(got.Records), c.want)
			}
			w.put(t, "s", "k", "late")
			if next := w.read(t, shard0, got.Next, 10); datas(next.Records) != "late" {
				t.Errorf("the read after it gave %q, want the record that came between", datas(next.Records))
			}
		})
	}
}

func TestReadShardLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 1)
	for i := range 3 {
		w.put(t, "s", "k", fmt.Sprint(i, "234567890"))
		w.clock.advance(time.Second)
	}
	got := w.read(t, shard0, kinesis.TrimHorizon(), 2)
	if len(got.Records) != 2 {
		t.Errorf("with 2 records: %d records", len(got.Records))
	}
	it, err := w.GetShardIterator(t.Context(), kinesis.GetShardIteratorInput{StreamName: "s", ShardId: shard0, ShardIteratorType: "TRIM_HORIZON"})
	if err != nil {
		t.Fatal(err)
	}
	part, err := w.GetRecords(t.Context(), kinesis.GetRecordsInput{ShardIterator: it.ShardIterator, Limit: 2})
	if err != nil || part.MillisBehindLatest != 1000 {
		t.Errorf("after 2 records: %d ms behind, %v; want 1000", part.MillisBehindLatest, err)
	}
	small, err := w.ReadShard(t.Context(), arnOf("s"), shard0, kinesis.TrimHorizon(), 10, 1)
	if err != nil || len(small.Records) != 1 {
		t.Errorf("with 1 byte: %d records, %v; want the first all the same", len(small.Records), err)
	}
	two, err := w.ReadShard(t.Context(), arnOf("s"), shard0, kinesis.TrimHorizon(), 10, 25)
	if err != nil || len(two.Records) != 2 {
		t.Errorf("with 25 bytes: %d records, %v; want 2 of 11 bytes", len(two.Records), err)
	}
	for _, bad := range [][2]int{{0, 1}, {1, 0}} {
		if _, err := w.ReadShard(t.Context(), arnOf("s"), shard0, kinesis.TrimHorizon(), bad[0], bad[1]); code(err) != kinesis.CodeInvalidArgument {
			t.Errorf("limits %v: %v", bad, err)
		}
	}
}

// code gives the code of a service error, "" for any other.
func code(err error) string {
	var known *kinesis.Error
	if errors.As(err, &known) {
		return known.Code
	}
	return ""
}

func TestReadersFindNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 1)
	for _, c := range []struct{ name, arn, shard, want string }{
		{"unknown stream", arnOf("nope"), shard0, kinesis.CodeResourceNotFound},
		{"unknown shard", arnOf("s"), "shardId-000000000009", kinesis.CodeResourceNotFound},
		{"bad shard", arnOf("s"), "x", kinesis.CodeResourceNotFound},
		{"not an ARN", "s", shard0, kinesis.CodeInvalidArgument},
		{"no ARN", "", shard0, kinesis.CodeInvalidArgument},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.ReadShard(t.Context(), c.arn, c.shard, kinesis.TrimHorizon(), 1, 1)
			if code(err) != c.want {
				t.Errorf("ReadShard: %v, want %s", err, c.want)
			}
			if err := w.WaitShard(t.Context(), c.arn, c.shard, kinesis.TrimHorizon()); code(err) != c.want {
				t.Errorf("WaitShard: %v, want %s", err, c.want)
			}
		})
	}
	if _, err := kinesis.AfterSequenceNumber("nonsense"); err == nil {
		t.Error("AfterSequenceNumber took nonsense")
	}
}

func TestWaitShard(t *testing.T) {
	t.Parallel()
	arn := arnOf("s")
	for _, c := range []struct {
		name string
		act  func(s *kinesis.Service, cancel func())
		want func(error) bool
	}{
		{"a record comes", func(s *kinesis.Service, _ func()) {
			_, _ = s.PutRecord(context.Background(), kinesis.PutRecordInput{StreamARN: arn, PartitionKey: "k", Data: []byte("x")})
		}, func(err error) bool { return err == nil }},
		{"the shard closes", func(s *kinesis.Service, _ func()) {
			_ = s.SplitShard(context.Background(), kinesis.SplitShardInput{StreamARN: arn, ShardToSplit: shard0, NewStartingHashKey: "1000"})
		}, func(err error) bool { return err == nil }},
		{"the stream is deleted", func(s *kinesis.Service, _ func()) {
			_ = s.DeleteStream(context.Background(), kinesis.DeleteStreamInput{StreamARN: arn})
		}, func(err error) bool { return code(err) == kinesis.CodeResourceNotFound }},
		{"the context ends", func(_ *kinesis.Service, cancel func()) { cancel() },
			func(err error) bool { return errors.Is(err, context.Canceled) }},
		{"the service closes", func(s *kinesis.Service, _ func()) { s.Close(); s.Close() },
			func(err error) bool { return errors.Is(err, kinesis.ErrClosed) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := kinesis.New(kinesis.Config{AccountID: testAccount, StateDelay: -1})
				if err := s.CreateStream(t.Context(), kinesis.CreateStreamInput{StreamName: "s", ShardCount: 1}); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				done := make(chan error, 2)
				go func() { done <- s.WaitShard(ctx, arn, shard0, kinesis.Latest()) }()
				go func() { done <- s.WaitShard(ctx, arn, shard0, kinesis.TrimHorizon()) }()
				synctest.Wait()
				if len(done) != 0 {
					t.Fatalf("returned before anything happened: %v", <-done)
				}
				c.act(s, cancel)
				synctest.Wait()
				for range 2 {
					if err := <-done; !c.want(err) {
						t.Errorf("WaitShard gave %v", err)
					}
				}
			})
		})
	}
}

func TestWaitShardFromSequenceDoesNotWakeForOlder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 1)
	w.put(t, "s", "k", "a")
	at := w.read(t, shard0, kinesis.TrimHorizon(), 10).Next
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.WaitShard(ctx, arnOf("s"), shard0, at); !errors.Is(err, context.Canceled) {
		t.Errorf("at the tip: %v, want to wait until the context ends", err)
	}
	if err := w.WaitShard(ctx, arnOf("s"), shard0, kinesis.TrimHorizon()); err != nil {
		t.Errorf("with a record there: %v", err)
	}
}

func TestReshard(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 1)
	w.put(t, "s", "k", "a")
	ctx := t.Context()
	const half = "170141183460469231731687303715884105728"
	if err := w.SplitShard(ctx, kinesis.SplitShardInput{StreamName: "s", ShardToSplit: shard0, NewStartingHashKey: half}); err != nil {
		t.Fatal(err)
	}
	if err := w.MergeShards(ctx, kinesis.MergeShardsInput{
		StreamName: "s", ShardToMerge: "shardId-000000000002", AdjacentShardToMerge: "shardId-000000000001",
	}); err != nil {
		t.Fatal(err)
	}
	got, err := w.Shards(ctx, arnOf("s"))
	if err != nil {
		t.Fatal(err)
	}
	want := []kinesis.ShardInfo{
		{ID: shard0, Closed: true},
		{ID: "shardId-000000000001", ParentID: shard0, Closed: true},
		{ID: "shardId-000000000002", ParentID: shard0, Closed: true},
		{ID: "shardId-000000000003", ParentID: "shardId-000000000002", AdjacentParentID: "shardId-000000000001"},
	}
	for i := range got {
		if got[i].Closed != (got[i].EndingSequenceNumber != "") || len(got[i].StartingSequenceNumber) != 56 {
			t.Errorf("shard %d: %+v", i, got[i])
		}
		got[i].StartingSequenceNumber, got[i].EndingSequenceNumber = "", ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("shards (-want +got):\n%s", diff)
	}
	if put := w.put(t, "s", "k", "b"); put.ShardId != "shardId-000000000003" {
		t.Errorf("the next record went to %s", put.ShardId)
	}
	end := w.read(t, shard0, kinesis.TrimHorizon(), 10)
	if datas(end.Records) != "a" || !end.Closed {
		t.Errorf("the closed shard gives %q, closed %t", datas(end.Records), end.Closed)
	}
	records, err := w.GetRecords(ctx, kinesis.GetRecordsInput{ShardIterator: w.iterator(t, kinesis.GetShardIteratorInput{
		StreamName: "s", ShardId: shard0, ShardIteratorType: "TRIM_HORIZON",
	})})
	if err != nil {
		t.Fatal(err)
	}
	children := []kinesis.ChildShard{
		{ShardId: "shardId-000000000001", ParentShards: []string{shard0}, HashKeyRange: kinesis.HashKeyRange{StartingHashKey: "0", EndingHashKey: "170141183460469231731687303715884105727"}},
		{ShardId: "shardId-000000000002", ParentShards: []string{shard0}, HashKeyRange: kinesis.HashKeyRange{StartingHashKey: half, EndingHashKey: "340282366920938463463374607431768211455"}},
	}
	if diff := cmp.Diff(children, records.ChildShards); diff != "" || records.NextShardIterator != "" {
		t.Errorf("at the end of a closed shard: next %q, children (-want +got):\n%s", records.NextShardIterator, diff)
	}
	if err := w.SplitShard(ctx, kinesis.SplitShardInput{StreamName: "s", ShardToSplit: shard0, NewStartingHashKey: half}); code(err) != kinesis.CodeInvalidArgument {
		t.Errorf("split of a closed shard: %v", err)
	}
	w.clock.advance(25 * time.Hour)
	if left, err := w.Shards(ctx, arnOf("s")); err != nil || len(left) != 1 {
		t.Errorf("after the retention %d shards are left, %v; want the open one", len(left), err)
	}
}

func TestShardFilter(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 2)
	created := w.clock.Now()
	w.clock.advance(time.Hour)
	if err := w.MergeShards(t.Context(), kinesis.MergeShardsInput{StreamName: "s", ShardToMerge: "0", AdjacentShardToMerge: "1"}); err != nil {
		t.Fatal(err)
	}
	w.clock.advance(time.Hour)
	for _, c := range []struct {
		name   string
		filter kinesis.ShardFilter
		want   string
	}{
		{"latest", kinesis.ShardFilter{Type: "AT_LATEST"}, "2"},
		{"at trim horizon", kinesis.ShardFilter{Type: "AT_TRIM_HORIZON"}, "0 1"},
		{"from trim horizon", kinesis.ShardFilter{Type: "FROM_TRIM_HORIZON"}, "0 1 2"},
		{"at a time before the merge", kinesis.ShardFilter{Type: "AT_TIMESTAMP", Timestamp: created.Add(time.Minute)}, "0 1"},
		{"at the time of the merge", kinesis.ShardFilter{Type: "AT_TIMESTAMP", Timestamp: created.Add(time.Hour)}, "2"},
		{"at a time after the merge", kinesis.ShardFilter{Type: "AT_TIMESTAMP", Timestamp: created.Add(90 * time.Minute)}, "2"},
		{"from a time before the merge", kinesis.ShardFilter{Type: "FROM_TIMESTAMP", Timestamp: created.Add(time.Minute)}, "0 1 2"},
		{"from a time after the merge", kinesis.ShardFilter{Type: "FROM_TIMESTAMP", Timestamp: created.Add(90 * time.Minute)}, "2"},
		{"after a shard", kinesis.ShardFilter{Type: "AFTER_SHARD_ID", ShardId: shard0}, "1 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := w.ListShards(t.Context(), kinesis.ListShardsInput{StreamName: "s", ShardFilter: &c.filter})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, sh := range out.Shards {
				got = append(got, strings.TrimPrefix(sh.ShardId, "shardId-00000000000"))
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got shards %v, want %s", got, c.want)
			}
		})
	}
	if _, err := w.ListShards(t.Context(), kinesis.ListShardsInput{StreamName: "s", ShardFilter: &kinesis.ShardFilter{Type: "AT_TIMESTAMP"}}); code(err) != kinesis.CodeInvalidArgument {
		t.Errorf("a filter without its timestamp: %v", err)
	}
}

func TestInProcessCallsPassTheModelsChecks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 1)
	for name, err := range map[string]error{
		"bad stream name": w.CreateStream(t.Context(), kinesis.CreateStreamInput{StreamName: "a b", ShardCount: 1}),
		"bad mode": w.CreateStream(t.Context(), kinesis.CreateStreamInput{
			StreamName: "a", ShardCount: 1, StreamModeDetails: &kinesis.StreamModeDetails{StreamMode: "FAST"},
		}),
		"negative shard count": w.CreateStream(t.Context(), kinesis.CreateStreamInput{StreamName: "a", ShardCount: -1}),
		"no partition key":     second(w.PutRecord(t.Context(), kinesis.PutRecordInput{StreamName: "s", Data: []byte("x")})),
		"501 records":          second(w.PutRecords(t.Context(), kinesis.PutRecordsInput{StreamName: "s", Records: make([]kinesis.PutRecordsEntry, 501)})),
	} {
		if code(err) != kinesis.CodeValidation {
			t.Errorf("%s: %v, want %s", name, err, kinesis.CodeValidation)
		}
	}
}

func second[T any](_ T, err error) error { return err }
