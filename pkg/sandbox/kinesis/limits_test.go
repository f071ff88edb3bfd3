package kinesis_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

func enforced(c *kinesis.Config) { c.EnforceLimits = true }

const rateExceeded = "Rate exceeded for shard shardId-000000000000 in stream s under account 123456789012."

func TestWriteLimitFailsSomeRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enforced)
	w.create(t, "s", 1)
	put := func(n, size int) *sdk.PutRecordsOutput {
		t.Helper()
		in := &sdk.PutRecordsInput{StreamName: aws.String("s")}
		for range n {
			in.Records = append(in.Records, types.PutRecordsRequestEntry{Data: make([]byte, size-1), PartitionKey: aws.String("k")})
		}
		out, err := w.client.PutRecords(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	put(500, 10)
	put(499, 10)
	out := put(3, 10)
	if *out.FailedRecordCount != 2 || out.Records[0].ErrorCode != nil {
		t.Fatalf("%d of records 1000 to 1002 failed, want the last 2: %+v", *out.FailedRecordCount, out.Records)
	}
	for _, r := range out.Records[1:] {
		if aws.ToString(r.ErrorCode) != "ProvisionedThroughputExceededException" || aws.ToString(r.ErrorMessage) != rateExceeded || r.SequenceNumber != nil {
			t.Errorf("failed record: %+v", r)
		}
	}
	w.clock.advance(time.Second)
	if out := put(11, 100_000); *out.FailedRecordCount != 1 {
		t.Errorf("%d of 11 records of 100,000 bytes failed, want 1 over 1 MiB", *out.FailedRecordCount)
	}
	w.clock.advance(100 * time.Millisecond)
	if out := put(1, 100_000); *out.FailedRecordCount != 0 {
		t.Error("a tenth of a second later nothing may be put")
	}
}

func TestPutRecordOverTheLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enforced)
	w.create(t, "s", 1)
	in := &sdk.PutRecordInput{StreamName: aws.String("s"), Data: make([]byte, 1<<20-1), PartitionKey: aws.String("k")}
	if _, err := w.client.PutRecord(t.Context(), in); err != nil {
		t.Fatalf("a record of exactly 1 MiB: %v", err)
	}
	_, err := w.client.PutRecord(t.Context(), in)
	var exceeded *types.ProvisionedThroughputExceededException
	if !errors.As(err, &exceeded) || exceeded.ErrorMessage() != rateExceeded {
		t.Errorf("the second in the same second: %v", err)
	}
}

// A record of 10 MiB goes through at once where the stream takes it, and is paid off at 1 MiB a second.
func TestLargeRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enforced)
	ctx := t.Context()
	if err := w.CreateStream(ctx, kinesis.CreateStreamInput{StreamName: "s", ShardCount: 1, MaxRecordSizeInKiB: 10240}); err != nil {
		t.Fatal(err)
	}
	put := func(size int) string {
		_, err := w.PutRecord(ctx, kinesis.PutRecordInput{StreamName: "s", PartitionKey: "k", Data: make([]byte, size-1)})
		return code(err)
	}
	if c := put(10<<20 + 1); c != kinesis.CodeInvalidArgument {
		t.Errorf("a byte too much: %q", c)
	}
	if c := put(10 << 20); c != "" {
		t.Errorf("10 MiB: %s", c)
	}
	w.clock.advance(9 * time.Second)
	if c := put(1); c != kinesis.CodeThroughputExceeded {
		t.Errorf("a byte 9 seconds later: %q", c)
	}
	w.clock.advance(900 * time.Millisecond)
	if c := put(10 << 20); c != kinesis.CodeThroughputExceeded {
		t.Errorf("10 MiB 9.9 seconds later: %q", c)
	}
	w.clock.advance(100 * time.Millisecond)
	if c := put(10 << 20); c != "" {
		t.Errorf("10 MiB 10 seconds later: %s", c)
	}
}

func TestReadLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enforced)
	w.create(t, "s", 1)
	iter := w.iterator(t, kinesis.GetShardIteratorInput{StreamName: "s", ShardId: "0", ShardIteratorType: "TRIM_HORIZON"})
	read := func() (int, string) {
		out, err := w.GetRecords(t.Context(), kinesis.GetRecordsInput{ShardIterator: iter})
		return len(out.Records), code(err)
	}
	for i := range 5 {
		if _, c := read(); c != "" {
			t.Fatalf("read %d in a second: %s", i+1, c)
		}
	}
	if _, c := read(); c != kinesis.CodeThroughputExceeded {
		t.Errorf("read 6 in a second: %q", c)
	}
	for range 11 {
		w.clock.advance(time.Second)
		w.put(t, "s", "k", strings.Repeat("x", 1<<20-1))
	}
	w.clock.advance(time.Second)
	if n, c := read(); c != "" || n != 10 {
		t.Fatalf("read of 11 MiB: %d records, %q; want 10 MiB", n, c)
	}
	w.clock.advance(4999 * time.Millisecond)
	if _, c := read(); c != kinesis.CodeThroughputExceeded {
		t.Errorf("4.999 s after 10 MiB: %q", c)
	}
	w.clock.advance(time.Millisecond)
	if _, c := read(); c != "" {
		t.Errorf("5 s after 10 MiB: %s", c)
	}
	if got, err := w.ReadShard(t.Context(), arnOf("s"), "0", kinesis.TrimHorizon(), 1, 1); err != nil || len(got.Records) != 1 {
		t.Errorf("ReadShard is limited: %v", err)
	}
}

func TestIteratorAndCreatingLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *kinesis.Config) { enforced(c); c.StateDelay = time.Second })
	in := kinesis.GetShardIteratorInput{StreamName: "s0", ShardId: "0", ShardIteratorType: "LATEST"}
	for i := range 5 {
		w.create(t, fmt.Sprint("s", i), 1)
	}
	if err := w.CreateStream(t.Context(), kinesis.CreateStreamInput{StreamName: "s5", ShardCount: 1}); code(err) != kinesis.CodeLimitExceeded {
		t.Errorf("a sixth stream CREATING: %v", err)
	}
	w.clock.advance(time.Second)
	for range 5 {
		w.iterator(t, in)
	}
	if _, err := w.GetShardIterator(t.Context(), in); code(err) != kinesis.CodeThroughputExceeded {
		t.Errorf("a sixth iterator in a second: %v", err)
	}
}

// lockedBuffer is a log that a test may read while a service writes it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func TestMemoryBudgetRefusesAndNeverDrops(t *testing.T) {
	t.Parallel()
	log := &lockedBuffer{}
	w := newWorld(t, func(c *kinesis.Config) {
		c.MaxBytes = 10_000
		c.Logger = slog.New(slog.NewJSONHandler(log, nil))
	})
	w.create(t, "s", 1)
	w.create(t, "other", 1)
	put := func(stream string) string {
		_, err := w.PutRecord(t.Context(), kinesis.PutRecordInput{StreamName: stream, PartitionKey: "k", Data: make([]byte, 1000)})
		return code(err)
	}
	accepted := 0
	for put("s") == "" {
		accepted++
	}
	if accepted < 5 || accepted > 10 {
		t.Errorf("%d records of 1,000 bytes fit in 10,000", accepted)
	}
	if c := put("other"); c != kinesis.CodeThroughputExceeded {
		t.Errorf("put over the budget: %q", c)
	}
	if got := w.read(t, shard0, kinesis.TrimHorizon(), 100); len(got.Records) != accepted {
		t.Errorf("%d of %d accepted records are left", len(got.Records), accepted)
	}
	if n := strings.Count(log.String(), "memory budget is used up"); n != 1 {
		t.Errorf("logged %d times, want once:\n%s", n, log)
	}
	w.clock.advance(24 * time.Hour)
	if c := put("other"); c != kinesis.CodeThroughputExceeded {
		t.Errorf("when the retention has not quite passed: %q", c)
	}
	w.clock.advance(time.Millisecond)
	if c := put("other"); c != "" {
		t.Errorf("after the retention of another stream's records: %s", c)
	}
	if err := w.DeleteStream(t.Context(), kinesis.DeleteStreamInput{StreamName: "other"}); err != nil {
		t.Fatal(err)
	}
	for i := range accepted {
		if c := put("s"); c != "" {
			t.Fatalf("record %d after all memory was freed: %s", i, c)
		}
	}
}

// Records of a request keep their order when memory runs short in the midst of them and expired ones make room.
func TestOrderWhenMemoryIsShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *kinesis.Config) { c.MaxBytes = 10_000 })
	w.create(t, "s", 1)
	w.create(t, "other", 1)
	if _, err := w.PutRecord(t.Context(), kinesis.PutRecordInput{StreamName: "other", PartitionKey: "k", Data: make([]byte, 8000)}); err != nil {
		t.Fatal(err)
	}
	w.clock.advance(24*time.Hour + time.Millisecond)
	sizes := []int{1000, 5000, 10}
	var records []kinesis.PutRecordsEntry
	for _, size := range sizes {
		records = append(records, kinesis.PutRecordsEntry{PartitionKey: "k", Data: make([]byte, size)})
	}
	out, err := w.PutRecords(t.Context(), kinesis.PutRecordsInput{StreamName: "s", Records: records})
	if err != nil || out.FailedRecordCount != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	var got []int
	for _, r := range w.read(t, shard0, kinesis.TrimHorizon(), 100).Records {
		got = append(got, len(r.Data))
	}
	if !slices.Equal(got, sizes) {
		t.Errorf("records of %d bytes, want %d", got, sizes)
	}
	if used, limit := w.Memory(); used < 6010 || used > 7000 || limit != 10_000 {
		t.Errorf("memory %d of %d bytes", used, limit)
	}
}

func TestSizeLimitsOfRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 1)
	entry := func(size int) kinesis.PutRecordsEntry {
		return kinesis.PutRecordsEntry{Data: make([]byte, size-1), PartitionKey: "k"}
	}
	var ten []kinesis.PutRecordsEntry
	for range 10 {
		ten = append(ten, entry(1<<20))
	}
	if out, err := w.PutRecords(t.Context(), kinesis.PutRecordsInput{StreamName: "s", Records: ten}); err != nil || out.FailedRecordCount != 0 {
		t.Errorf("10 MiB: %v, %d failed", err, out.FailedRecordCount)
	}
	ten = append(ten, entry(2))
	_, err := w.PutRecords(t.Context(), kinesis.PutRecordsInput{StreamName: "s", Records: ten})
	if code(err) != kinesis.CodeInvalidArgument {
		t.Errorf("10 MiB and 2 bytes: %v", err)
	}
	body := `{"StreamName":"s","PartitionKey":"k","Data":"` + base64.StdEncoding.EncodeToString(make([]byte, 1<<20-1)) + `"}`
	if a := w.send(t, "PutRecord", body, nil); a.status != 200 {
		t.Errorf("a record of 1 MiB over HTTP: %d %.200s", a.status, a.body)
	}
}

func TestNotServedIsLogged(t *testing.T) {
	t.Parallel()
	log := &lockedBuffer{}
	w := newWorld(t, func(c *kinesis.Config) { c.Logger = slog.New(slog.NewJSONHandler(log, nil)) })
	w.send(t, "CreateChannel", "{}", nil)
	w.send(t, "MadeUp", "{}", nil)
	if got := log.String(); !strings.Contains(got, `"operation":"CreateChannel"`) || strings.Contains(got, "MadeUp") {
		t.Errorf("log:\n%s", got)
	}
}

func TestReshardingIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *kinesis.Config) { c.ShardLimit = 2 })
	w.create(t, "s", 1)
	ctx, last := t.Context(), 0
	id := func(i int) string { return fmt.Sprintf("shardId-%012d", i) }
	split := func() error {
		return w.SplitShard(ctx, kinesis.SplitShardInput{StreamName: "s", ShardToSplit: id(last), NewStartingHashKey: "1000"})
	}
	merge := func() error {
		return w.MergeShards(ctx, kinesis.MergeShardsInput{StreamName: "s", ShardToMerge: id(last + 1), AdjacentShardToMerge: id(last + 2)})
	}
	for range 6 {
		if err := split(); err != nil {
			t.Fatal(err)
		}
		err := w.SplitShard(ctx, kinesis.SplitShardInput{StreamName: "s", ShardToSplit: id(last + 1), NewStartingHashKey: "500"})
		if code(err) != kinesis.CodeLimitExceeded {
			t.Fatalf("a third shard where two are allowed: %v", err)
		}
		if err := merge(); err != nil {
			t.Fatal(err)
		}
		last += 3
	}
	if err := split(); err != nil {
		t.Fatal(err)
	}
	if err := merge(); code(err) != kinesis.CodeLimitExceeded {
		t.Errorf("with %d shards remembered: %v", last+3, err)
	}
}
