package kinesis

import (
	"context"
	"errors"
	"slices"
	"testing"
)

func made(t *testing.T, shards int) (*Service, *stream) {
	t.Helper()
	s := New(Config{StateDelay: -1})
	if err := s.CreateStream(t.Context(), CreateStreamInput{StreamName: "s", ShardCount: shards}); err != nil {
		t.Fatal(err)
	}
	st, err := s.stream("s", "")
	if err != nil {
		t.Fatal(err)
	}
	return s, st
}

// TestPutOvertakenByReshard holds a reshard between closing the parent and
// publishing the child: a put that met the closed parent goes to the child.
func TestPutOvertakenByReshard(t *testing.T) {
	t.Parallel()
	s, st := made(t, 1)
	s.control.Lock()
	next := *st.state.Load()
	next.shards, next.open = slices.Clone(next.shards), slices.Clone(next.open)
	parent := next.shards[0]
	next.reshard([]*shard{parent}, s.now(), &s.memory, parent.hash)
	tried := make(chan struct{})
	parent.mu.Lock()
	parent.changed = tried
	parent.mu.Unlock()
	type result struct {
		out PutRecordOutput
		err error
	}
	done := make(chan result, 1)
	go func() {
		out, err := s.PutRecord(context.Background(), PutRecordInput{StreamName: "s", PartitionKey: "k", Data: []byte("x")})
		done <- result{out, err}
	}()
	<-tried
	st.state.Store(&next)
	s.control.Unlock()
	if got := <-done; got.err != nil || got.out.ShardId != shardID(1) {
		t.Errorf("put went to %q, %v; want the child", got.out.ShardId, got.err)
	}
}

// TestReadOvertakenByReshard holds a reshard between closing the parent and
// publishing the child: the parent ends for its readers when they can go on with the child.
func TestReadOvertakenByReshard(t *testing.T) {
	t.Parallel()
	s, st := made(t, 1)
	iterator, err := s.GetShardIterator(t.Context(), GetShardIteratorInput{StreamName: "s", ShardId: shardID(0), ShardIteratorType: "TRIM_HORIZON"})
	if err != nil {
		t.Fatal(err)
	}
	next := *st.state.Load()
	next.shards, next.open = slices.Clone(next.shards), slices.Clone(next.open)
	parent := next.shards[0]
	next.reshard([]*shard{parent}, s.now(), &s.memory, parent.hash)
	read := func() GetRecordsOutput {
		out, err := s.GetRecords(t.Context(), GetRecordsInput{ShardIterator: iterator.ShardIterator})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if out := read(); out.NextShardIterator == "" || out.ChildShards != nil {
		t.Errorf("before the child is published: %+v; want an open shard", out)
	}
	_, ready, changed := parent.ready(TrimHorizon())
	if ready {
		t.Error("the parent is ready before the child is published")
	}
	st.state.Store(&next)
	parent.replace()
	<-changed
	if out := read(); out.NextShardIterator != "" || len(out.ChildShards) != 1 || out.ChildShards[0].ShardId != shardID(1) {
		t.Errorf("after: %+v; want the end of the shard, and the child", out)
	}
}

// TestPutOvertakenByDelete removes shards of a stream that a put has already found.
func TestPutOvertakenByDelete(t *testing.T) {
	t.Parallel()
	s, st := made(t, 2)
	st.state.Load().shards[0].remove()
	low, high := "0", "340282366920938463463374607431768211455"
	var known *Error
	_, err := s.PutRecord(t.Context(), PutRecordInput{StreamName: "s", PartitionKey: "k", Data: []byte{}, ExplicitHashKey: low})
	if !errors.As(err, &known) || known.Code != CodeResourceNotFound {
		t.Errorf("PutRecord: %v", err)
	}
	entry := func(hash string) PutRecordsEntry {
		return PutRecordsEntry{PartitionKey: "k", Data: []byte{}, ExplicitHashKey: hash}
	}
	out, err := s.PutRecords(t.Context(), PutRecordsInput{StreamName: "s", Records: []PutRecordsEntry{entry(low), entry(high)}})
	if err != nil || out.FailedRecordCount != 1 || out.Records[0].ErrorCode != CodeInternalFailure || out.Records[1].ShardId != shardID(1) {
		t.Errorf("PutRecords with one shard gone: %+v, %v", out, err)
	}
	_, err = s.PutRecords(t.Context(), PutRecordsInput{StreamName: "s", Records: []PutRecordsEntry{entry(low)}})
	if !errors.As(err, &known) || known.Code != CodeResourceNotFound {
		t.Errorf("PutRecords with all shards gone: %v", err)
	}
	if err := s.WaitShard(t.Context(), st.arn, shardID(0), TrimHorizon()); !errors.As(err, &known) || known.Code != CodeResourceNotFound {
		t.Errorf("WaitShard: %v", err)
	}
}
