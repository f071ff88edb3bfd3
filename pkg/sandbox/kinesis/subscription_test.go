package kinesis_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
	"github.com/spillway/spillway/pkg/sandbox/sdktest"
)

// fan makes a stream with one shard and a consumer, whose ARN it gives.
func fan(t testing.TB, s *kinesis.Service) string {
	t.Helper()
	ctx := context.Background()
	if err := s.CreateStream(ctx, kinesis.CreateStreamInput{StreamName: "s", ShardCount: 1}); err != nil {
		t.Fatal(err)
	}
	out, err := s.RegisterStreamConsumer(ctx, kinesis.RegisterStreamConsumerInput{StreamARN: arnOf("s"), ConsumerName: "fan"})
	if err != nil {
		t.Fatal(err)
	}
	return out.Consumer.ConsumerARN
}

func from(consumer, kind string) kinesis.SubscribeToShardInput {
	return kinesis.SubscribeToShardInput{ConsumerARN: consumer, ShardId: shard0, StartingPosition: kinesis.StartingPosition{Type: kind}}
}

// TestSubscriptionLife goes through the five minutes of a subscription, in the time of a bubble.
func TestSubscriptionLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := kinesis.New(kinesis.Config{Region: testRegion, AccountID: testAccount, StateDelay: -1})
		defer s.Close()
		ctx, consumer := t.Context(), fan(t, s)
		sub, err := s.SubscribeToShard(ctx, from(consumer, "LATEST"))
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		first, err := sub.Next(ctx)
		if err != nil || len(first.Records) != 0 || first.ContinuationSequenceNumber == "" || time.Since(begin) != 0 {
			t.Fatalf("first event after %s: %+v, %v", time.Since(begin), first, err)
		}
		put := make(chan kinesis.PutRecordOutput, 1)
		go func() {
			time.Sleep(time.Second)
			out, err := s.PutRecord(ctx, kinesis.PutRecordInput{StreamName: "s", PartitionKey: "k", Data: []byte("x")})
			if err != nil {
				t.Error(err)
			}
			put <- out
		}()
		second, err := sub.Next(ctx)
		if err != nil || len(second.Records) != 1 || time.Since(begin) != time.Second {
			t.Fatalf("a record after %s: %+v, %v", time.Since(begin), second, err)
		}
		if seq := (<-put).SequenceNumber; second.ContinuationSequenceNumber != seq {
			t.Errorf("continues after %s, not after the record %s", second.ContinuationSequenceNumber, seq)
		}
		events := 0
		for {
			event, err := sub.Next(ctx)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || len(event.Records) != 0 || event.ContinuationSequenceNumber != second.ContinuationSequenceNumber {
				t.Fatalf("an empty event: %+v, %v", event, err)
			}
			events++
		}
		if life := time.Since(begin); life < 5*time.Minute || life > 5*time.Minute+5*time.Second || events < 59 {
			t.Errorf("ended after %s with %d empty events", life, events)
		}
		// What comes meanwhile is there after the continuation.
		if _, err := s.PutRecord(ctx, kinesis.PutRecordInput{StreamName: "s", PartitionKey: "k", Data: []byte("y")}); err != nil {
			t.Fatal(err)
		}
		in := from(consumer, "AFTER_SEQUENCE_NUMBER")
		in.StartingPosition.SequenceNumber = second.ContinuationSequenceNumber
		again, err := s.SubscribeToShard(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		event, err := again.Next(ctx)
		if err != nil || len(event.Records) != 1 || string(event.Records[0].Data) != "y" {
			t.Errorf("after the continuation: %+v, %v", event, err)
		}
	})
}

func TestSubscriptionIsTakenOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ctx, consumer := t.Context(), fan(t, w.Service)
	const inUse = "Another active subscription exists for this consumer: 123456789012:s:shardId-000000000000:fan"
	first, err := w.SubscribeToShard(ctx, from(consumer, "LATEST"))
	if err != nil {
		t.Fatal(err)
	}
	w.clock.advance(5*time.Second - time.Millisecond)
	var fault *kinesis.Error
	if _, err := w.SubscribeToShard(ctx, from(consumer, "LATEST")); !errors.As(err, &fault) || fault.Code != kinesis.CodeResourceInUse || fault.Message != inUse {
		t.Errorf("too early: %v", err)
	}
	w.clock.advance(time.Millisecond)
	second, err := w.SubscribeToShard(ctx, from(consumer, "LATEST"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Next(ctx); !errors.As(err, &fault) || fault.Message != inUse {
		t.Errorf("the one taken over: %v", err)
	}
	if _, err := second.Next(ctx); err != nil {
		t.Errorf("the one that took over: %v", err)
	}
	if err := w.DeleteStream(ctx, kinesis.DeleteStreamInput{StreamName: "s"}); code(err) != kinesis.CodeResourceInUse {
		t.Errorf("delete a stream that has a consumer: %v", err)
	}
	if err := w.DeregisterStreamConsumer(ctx, kinesis.StreamConsumerInput{ConsumerARN: consumer}); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Next(ctx); code(err) != kinesis.CodeResourceNotFound {
		t.Errorf("of a consumer that is gone: %v", err)
	}
}

// TestSubscriptionFollowsAReshard reads a shard to its end and gets the children.
func TestSubscriptionFollowsAReshard(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ctx, consumer := t.Context(), fan(t, w.Service)
	w.put(t, "s", "k", "last")
	out, err := w.client.SubscribeToShard(ctx, &sdk.SubscribeToShardInput{
		ConsumerARN: aws.String(consumer), ShardId: aws.String(shard0), StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon},
	})
	if err != nil {
		t.Fatal(err)
	}
	stream := out.GetStream()
	defer stream.Close()
	next := func() (types.SubscribeToShardEvent, bool) {
		event, ok := (<-stream.Events()).(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent)
		if !ok {
			return types.SubscribeToShardEvent{}, false
		}
		return event.Value, true
	}
	if event, ok := next(); !ok || len(event.Records) != 1 {
		t.Fatalf("first event: %+v", event)
	}
	if err := w.SplitShard(ctx, kinesis.SplitShardInput{StreamName: "s", ShardToSplit: shard0, NewStartingHashKey: "1000"}); err != nil {
		t.Fatal(err)
	}
	event, ok := next()
	for ok && event.ContinuationSequenceNumber != nil { // an empty one may come before
		event, ok = next()
	}
	var children []string
	for _, child := range event.ChildShards {
		children = append(children, *child.ShardId)
	}
	if diff := cmp.Diff([]string{"shardId-000000000001", "shardId-000000000002"}, children); diff != "" {
		t.Errorf("children (-want +got):\n%s", diff)
	}
	if _, ok := next(); ok || stream.Err() != nil {
		t.Errorf("the stream goes on after the end of the shard, or broke: %v", stream.Err())
	}
}

// TestSubscriptionTakenOverOnTheWire is what a client sees whose subscription another one takes.
func TestSubscriptionTakenOverOnTheWire(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ctx, consumer := t.Context(), fan(t, w.Service)
	in := &sdk.SubscribeToShardInput{
		ConsumerARN: aws.String(consumer), ShardId: aws.String(shard0), StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest},
	}
	out, err := w.client.SubscribeToShard(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	stream := out.GetStream()
	defer stream.Close()
	<-stream.Events()
	w.clock.advance(6 * time.Second)
	second, err := newClient(w.url, sdktest.HTTPClient()).SubscribeToShard(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	defer second.GetStream().Close()
	for range stream.Events() {
	}
	var inUse *types.ResourceInUseException
	if !errors.As(stream.Err(), &inUse) {
		t.Errorf("the old stream ends with %v", stream.Err())
	}
}

// TestSubscriptionOverHTTP2 subscribes with HTTP/2, over TLS and without.
func TestSubscriptionOverHTTP2(t *testing.T) {
	t.Parallel()
	for name, secure := range map[string]bool{"h2": true, "h2c": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			consumer := fan(t, w.Service)
			proto := make(chan string, 1)
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				proto <- r.Proto
				w.ServeHTTP(rw, r)
			}))
			transport := &http.Transport{Protocols: new(http.Protocols)}
			if secure {
				srv.EnableHTTP2 = true
				srv.StartTLS()
				transport.TLSClientConfig = &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
				transport.Protocols.SetHTTP2(true)
			} else {
				srv.Config.Protocols = new(http.Protocols)
				srv.Config.Protocols.SetUnencryptedHTTP2(true)
				srv.Start()
				transport.Protocols.SetUnencryptedHTTP2(true)
			}
			defer srv.Close()
			defer transport.CloseIdleConnections()
			out, err := newClient(srv.URL, &http.Client{Transport: transport}).SubscribeToShard(t.Context(), &sdk.SubscribeToShardInput{
				ConsumerARN: aws.String(consumer), ShardId: aws.String(shard0), StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer out.GetStream().Close()
			if _, ok := <-out.GetStream().Events(); !ok || <-proto != "HTTP/2.0" {
				t.Error("no event over HTTP/2")
			}
		})
	}
}
