// Package smoke proves that a deployment works, through the very doors that producers and customers use.
//
// [Run] gets a token, subscribes, puts one record into the stream and waits until it arrives at the subscriber. It changes nothing
// but that there is one record more, and does not say what is wrong where something is: for that it names the step that failed.
// It may be called concurrently.
package smoke

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/spillway/spillway/pkg/client"
	"github.com/spillway/spillway/pkg/produce"
)

// timeout is how long the record may take: a new event source mapping begins to read after a minute at worst.
const timeout = 3 * time.Minute

// ID is replaced in a record's data by what tells this run's record from others.
const ID = "{id}"

// Test says what to do. All are required.
type Test struct {
	// Client is how the gateway is reached, and as which customer.
	Client client.Config
	// Kinesis takes the record, into Stream.
	Kinesis produce.Putter
	Stream  string
	// Pattern is what is subscribed to: the record's topic is covered by it.
	Pattern string
	// Key is the record's partition key, and Data its data, in which ID stands for what is unique.
	Key, Data string
}

// Result is how long it took.
type Result struct {
	// Subscribed is from the beginning until the subscription was live, token and all.
	Subscribed time.Duration
	// Arrived is from the put until the record was there.
	Arrived time.Duration
	// Topic is the one that the record got.
	Topic string
}

// Run carries the test out.
func Run(ctx context.Context, t Test) (Result, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("it did not arrive within %s", timeout))
	defer cancel()
	c, err := client.New(t.Client)
	if err != nil {
		return Result{}, fmt.Errorf("smoke test: %w", err)
	}
	defer c.Close()
	r, err := t.run(ctx, c)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = context.Cause(ctx)
		}
		return r, fmt.Errorf("smoke test: %w", err)
	}
	return r, nil
}

func (t Test) run(ctx context.Context, c *client.Client) (Result, error) {
	var r Result
	begin := time.Now()
	var put time.Time
	data := []byte(strings.ReplaceAll(t.Data, ID, rand.Text()))
	failed := make(chan error, 1)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	started := false
	stream := c.Subscribe(client.Subscription{
		Patterns: []string{t.Pattern},
		OnSubscribed: func(client.Subscribed) {
			if started {
				return // it was resumed
			}
			started, r.Subscribed, put = true, time.Since(begin), time.Now()
			go func() {
				err := t.put(ctx, data)
				failed <- err
				if err != nil {
					cancel(err)
				}
			}()
		},
	})
	for ev, err := range stream.Events(ctx) {
		var gap *client.Gap
		switch {
		case errors.As(err, &gap):
		case err != nil:
			return r, t.explain(ctx, started, err)
		case bytes.Equal(ev.Data, data):
			r.Arrived, r.Topic = time.Since(put), ev.Topic
			return r, <-failed
		}
	}
	return r, t.explain(ctx, started, ctx.Err())
}

// explain names the step that failed.
func (t Test) explain(ctx context.Context, started bool, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if !started {
		return fmt.Errorf("subscribe to %s at %s: %w", t.Pattern, t.Client.Endpoint, err)
	}
	return fmt.Errorf("wait for the record that was put into %s: %w", t.Stream, err)
}

func (t Test) put(ctx context.Context, data []byte) error {
	var records iter.Seq2[produce.Record, error] = func(yield func(produce.Record, error) bool) {
		yield(produce.Record{Key: t.Key, Data: data}, nil)
	}
	p := produce.Producer{Kinesis: t.Kinesis, Stream: t.Stream}
	if _, err := p.Run(ctx, records); err != nil {
		return fmt.Errorf("put a record into %s: %w", t.Stream, err)
	}
	return nil
}
