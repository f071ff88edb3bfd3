package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// feedConfig says what events to feed, and where.
type feedConfig struct {
	URL           string // of Redis
	Publish       bool   // the sample's way
	Topics, Bytes int
	Progress      string
}

// newFeed is the role that appends to the log, or publishes.
func newFeed(_ context.Context, conf []byte) (handler, error) {
	var c feedConfig
	if err := json.Unmarshal(conf, &c); err != nil {
		return nil, err
	}
	m := newMaker(c.Topics, c.Bytes)
	f := &feeder{progress: c.Progress}
	if c.Publish {
		opts, err := redis.ParseURL(c.URL)
		if err != nil {
			return nil, err
		}
		rdb := redis.NewClient(opts)
		f.feed = func(ctx context.Context, count int) error { return publish(ctx, rdb, m, count) }
		return f.handle, nil
	}
	log, err := eventlog.Open(eventlog.Config{URL: c.URL})
	if err != nil {
		return nil, err
	}
	f.feed = func(ctx context.Context, count int) error {
		done, err := log.Append(ctx, shard, m.items(count))
		if err == nil && done.Events+done.Skipped != count {
			err = fmt.Errorf("append of %d events: %+v", count, done)
		}
		return err
	}
	return f.handle, nil
}

// publish publishes events one by one, each to the channel of its topic.
func publish(ctx context.Context, rdb *redis.Client, m *maker, count int) error {
	for range count {
		e := m.next(time.Now())
		text, err := proto.Marshal(protoEvent(e))
		if err != nil {
			return err
		}
		if err := rdb.Publish(ctx, e.Topic, text).Err(); err != nil {
			return err
		}
	}
	return nil
}

func protoEvent(e *event.Event) *spillwayv1.Event {
	return &spillwayv1.Event{
		Id: e.ID(), Topic: e.Topic, PartitionKey: e.PartitionKey, ApproximateArrivalTime: timestamppb.New(e.Arrival), Data: e.Data,
	}
}
