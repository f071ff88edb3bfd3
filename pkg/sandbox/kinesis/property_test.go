package kinesis_test

import (
	"fmt"
	"math/big"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

// model is what the machine below expects of each shard.
type model struct {
	accepted map[string][]string // data by shard, in the order of sequence numbers
	last     map[string]*big.Int
}

func (m *model) accept(t *rapid.T, shard, seq, data string) {
	n, ok := new(big.Int).SetString(seq, 10)
	if !ok {
		t.Fatalf("sequence number %q", seq)
	}
	if last := m.last[shard]; last != nil && n.Cmp(last) <= 0 {
		t.Fatalf("%s: %s comes after %s", shard, n, last)
	}
	m.last[shard] = n
	m.accepted[shard] = append(m.accepted[shard], data)
}

// drain reads a shard from the start to its end.
func drain(t *rapid.T, s *kinesis.Service, shard string, maxRecords int) []string {
	var out []string
	from := kinesis.TrimHorizon()
	for {
		got, err := s.ReadShard(t.Context(), arnOf("s"), shard, from, maxRecords, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range got.Records {
			out = append(out, string(r.Data))
		}
		if len(got.Records) == 0 {
			return out
		}
		from = got.Next
	}
}

// TestEveryAcceptedRecordIsReadOnceInOrder drives puts, reshards and a clock
// that stands or moves, with limits on, and reads everything back.
func TestEveryAcceptedRecordIsReadOnceInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		clock := newClock()
		s := kinesis.New(kinesis.Config{
			AccountID: testAccount, Now: clock.Now, StateDelay: -1, EnforceLimits: rapid.Bool().Draw(t, "limits"),
		})
		ctx := t.Context()
		if err := s.CreateStream(ctx, kinesis.CreateStreamInput{StreamName: "s", ShardCount: rapid.IntRange(1, 4).Draw(t, "shards")}); err != nil {
			t.Fatal(err)
		}
		m := &model{accepted: map[string][]string{}, last: map[string]*big.Int{}}
		key, serial := rapid.StringN(1, 8, 64), 0
		next := func() []byte { serial++; return fmt.Append(nil, serial) }
		t.Repeat(map[string]func(*rapid.T){
			"put one": func(t *rapid.T) {
				data := next()
				out, err := s.PutRecord(ctx, kinesis.PutRecordInput{StreamName: "s", PartitionKey: key.Draw(t, "key"), Data: data})
				if err == nil {
					m.accept(t, out.ShardId, out.SequenceNumber, string(data))
				}
			},
			"put many": func(t *rapid.T) {
				var in []kinesis.PutRecordsEntry
				keys := rapid.SliceOfN(key, 1, 10).Draw(t, "keys")
				for i := range rapid.IntRange(1, 400).Draw(t, "n") {
					in = append(in, kinesis.PutRecordsEntry{PartitionKey: keys[i%len(keys)], Data: next()})
				}
				out, err := s.PutRecords(ctx, kinesis.PutRecordsInput{StreamName: "s", Records: in})
				if err != nil {
					t.Fatal(err)
				}
				failed := 0
				for i, r := range out.Records {
					if r.ErrorCode != "" {
						failed++
						continue
					}
					m.accept(t, r.ShardId, r.SequenceNumber, string(in[i].Data))
				}
				if failed != out.FailedRecordCount {
					t.Fatalf("FailedRecordCount is %d, %d failed", out.FailedRecordCount, failed)
				}
			},
			"time passes": func(t *rapid.T) {
				clock.advance(time.Duration(rapid.IntRange(0, 2000).Draw(t, "ms")) * time.Millisecond)
			},
			"split": func(t *rapid.T) {
				out, err := s.ListShards(ctx, kinesis.ListShardsInput{StreamName: "s", ShardFilter: &kinesis.ShardFilter{Type: "AT_LATEST"}})
				if err != nil || len(out.Shards) > 8 {
					return
				}
				sh := rapid.SampledFrom(out.Shards).Draw(t, "shard")
				a, _ := new(big.Int).SetString(sh.HashKeyRange.StartingHashKey, 10)
				b, _ := new(big.Int).SetString(sh.HashKeyRange.EndingHashKey, 10)
				half := a.Rsh(a.Add(a, b), 1)
				if err := s.SplitShard(ctx, kinesis.SplitShardInput{StreamName: "s", ShardToSplit: sh.ShardId, NewStartingHashKey: half.String()}); err != nil {
					t.Fatal(err)
				}
			},
		})
		shards, err := s.Shards(ctx, arnOf("s"))
		if err != nil {
			t.Fatal(err)
		}
		page := rapid.IntRange(1, 50).Draw(t, "page")
		for _, sh := range shards {
			if diff := cmp.Diff(m.accepted[sh.ID], drain(t, s, sh.ID, page)); diff != "" {
				t.Fatalf("%s (-accepted +read):\n%s", sh.ID, diff)
			}
		}
	})
}

// TestConcurrentPutsReshardsAndReaders checks under -race that nothing is lost
// or doubled while shards split beneath writers and a reader tails each shard.
func TestConcurrentPutsReshardsAndReaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 2)
	ctx := t.Context()
	const writers, each = 4, 300
	var producers, readers sync.WaitGroup
	var mu sync.Mutex
	var got []string
	complete := make(chan struct{})
	record := func(records []kinesis.Record) {
		mu.Lock()
		defer mu.Unlock()
		before := len(got)
		for _, r := range records {
			got = append(got, string(r.Data))
		}
		if before < writers*each && len(got) >= writers*each {
			close(complete)
		}
	}
	tail := func(shard string) {
		from := kinesis.TrimHorizon()
		for {
			if err := w.WaitShard(ctx, arnOf("s"), shard, from); err != nil {
				return // the service is closed: the writers are done
			}
			out, err := w.ReadShard(ctx, arnOf("s"), shard, from, 7, 1<<20)
			if err != nil {
				t.Error(err)
				return
			}
			record(out.Records)
			if from = out.Next; out.Closed {
				return
			}
		}
	}
	for i := range 2 {
		readers.Go(func() { tail(fmt.Sprintf("shardId-%012d", i)) })
	}
	for p := range writers {
		producers.Go(func() {
			for i := range each {
				data := fmt.Sprintf("%d/%d", p, i)
				if _, err := w.PutRecord(ctx, kinesis.PutRecordInput{StreamName: "s", PartitionKey: data, Data: []byte(data)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 3 {
		all, err := w.ListShards(ctx, kinesis.ListShardsInput{StreamName: "s", ShardFilter: &kinesis.ShardFilter{Type: "AT_LATEST"}})
		if err != nil {
			t.Fatal(err)
		}
		sh := all.Shards[0]
		a, _ := new(big.Int).SetString(sh.HashKeyRange.StartingHashKey, 10)
		b, _ := new(big.Int).SetString(sh.HashKeyRange.EndingHashKey, 10)
		half := a.Rsh(a.Add(a, b), 1).String()
		if err := w.SplitShard(ctx, kinesis.SplitShardInput{StreamName: "s", ShardToSplit: sh.ShardId, NewStartingHashKey: half}); err != nil {
			t.Fatal(err)
		}
		for child := range 2 {
			readers.Go(func() { tail(fmt.Sprintf("shardId-%012d", 2+2*i+child)) })
		}
	}
	producers.Wait()
	select {
	case <-complete:
	case <-time.After(time.Minute):
		t.Error("not everything was read")
	}
	w.Close()
	readers.Wait()
	slices.Sort(got)
	if all := len(got); all != writers*each || len(slices.Compact(got)) != all {
		t.Errorf("read %d records, %d of them different; want %d", all, len(slices.Compact(got)), writers*each)
	}
}
