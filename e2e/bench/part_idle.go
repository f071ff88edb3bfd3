package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// firstStreams are there before memory is looked at, and count for nothing: with them comes
// the part of the program that streams use, which is read from its file and would be shared
// among however many there are.
const firstStreams = 10

// settleTime is what a server gets to give back memory that it needed for a while.
const settleTime = 5 * time.Second

// idlePoints are how many times BENCH_IDLE connections the memory of one is measured with.
// What the first tells is the figure.
var idlePoints = []int{1, 5, 10} //nolint:gochecknoglobals // a constant, but for the language

// idle is what connections cost that get nothing.
func idle(ctx context.Context, b *bench) error {
	for _, c := range []struct {
		who, figure string
		start       func(ctx context.Context, s *scene) (ca string, err error)
	}{
		{bareGo, "idle_stream_bare_kb", func(ctx context.Context, s *scene) (string, error) {
			_, err := s.startServer(ctx, "bare", fanoutTopics)
			return "", err
		}},
		{ours, "idle_stream_kb", func(ctx context.Context, s *scene) (string, error) { return "", s.startOurs(ctx) }},
		{ours + " with TLS", "idle_stream_tls_kb", startTLS},
	} {
		for _, times := range idlePoints {
			count := times * b.Idle
			kb, err := b.idleMemory(ctx, count, c.start)
			if err != nil {
				return fmt.Errorf("%s: %w", c.who, err)
			}
			b.report.say("idle, %s, %d connections: %.1f KB each", c.who, count, kb)
			b.report.row(row{Part: "idle", Who: fmt.Sprintf("%s, %d", c.who, count), Values: map[string]float64{columnMemory: kb}})
			if times == 1 {
				b.report.figure(c.figure, kb)
			}
		}
	}
	return nil
}

// idleMemory returns the KB of memory that a connection takes.
func (b *bench) idleMemory(ctx context.Context, count int, start func(context.Context, *scene) (string, error)) (kb float64, err error) {
	s, err := b.newScene(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = s.close(ctx, err) }()
	ca, err := start(ctx, s)
	if err != nil {
		return 0, err
	}
	change := func(c *loadConfig) { c.CA = ca }
	if _, err := s.subscribe(ctx, firstStreams, change); err != nil {
		return 0, err
	}
	if err := sleep(ctx, b.Warm); err != nil {
		return 0, err
	}
	without, err := memoryOf(s.servers[0])
	if err != nil {
		return 0, err
	}
	if s.load, err = s.subscribe(ctx, count, change); err != nil {
		return 0, err
	}
	if err := sleep(ctx, settleTime); err != nil {
		return 0, err
	}
	if _, err := s.look(ctx); err != nil {
		return 0, err
	}
	with, err := memoryOf(s.servers[0])
	return (with - without) / float64(count), err
}

// startTLS starts a gateway that has TLS itself, and returns who has vouched for its certificate.
func startTLS(ctx context.Context, s *scene) (string, error) {
	tls, ca, err := s.Secure()
	if err != nil {
		return "", err
	}
	if err := s.startOurs(ctx, tls...); err != nil {
		return "", err
	}
	text, err := os.ReadFile(ca)
	return string(text), err
}
