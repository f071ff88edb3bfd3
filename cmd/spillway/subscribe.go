package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spillway/spillway/pkg/client"
)

// outputBuffer collects lines while more events are waiting.
const outputBuffer = 64 << 10

// subscribeOptions are the flags of subscribe.
type subscribeOptions struct {
	output  string
	from    string
	count   int
	timeout time.Duration
	durable string
	filter  string
}

func (p *program) subscribeCommand() *cobra.Command {
	var o subscribeOptions
	cmd := &cobra.Command{
		Use:   "subscribe [PATTERN...]",
		Short: "Print events as they arrive",
		Long: `Print the events of the topics that the patterns match: in a pattern, * stands for one token and > for all
the rest. Without a pattern, print everything that the token grants. A lost connection is mended, with nothing lost
and nothing twice; what is missing nevertheless is told as a gap.

With --filter EXPRESSION, the gateway sends only the events that the expression is true for. It is one of CEL over topic,
partition_key, id, time (of arrival), size (of the data, in bytes) and data (the data, if it is JSON).

With --durable NAME, the position is kept on disk, and the next run with the same NAME and patterns goes on after the
last line that this one printed, in whatever way this one ended. Each line is written to stdout and then counted, both
at once: a kill -9 between the two has that one line printed again, and a kill in the midst of a line has it printed
again whole. --from counts only until there is a position. One process at a time may use a NAME, with one set of patterns
and one filter.`,
		Example: `  spillway subscribe weather.us.ny
  spillway subscribe 'weather.us.*' --from 10m -o json
  spillway subscribe --filter 'data.temperature > 30.0 && topic != "weather.us.fl"'
  spillway subscribe --durable news --from earliest -o json >> news.jsonl`,
		RunE: func(cmd *cobra.Command, patterns []string) error { return p.subscribe(cmd, patterns, o) },
	}
	gatewayFlags(cmd)
	outputFlag(cmd, &o.output)
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "latest", "latest, earliest, a time (RFC 3339), a duration ago (10m) or a cursor (c1...)")
	f.StringVar(&o.filter, "filter", "", "print only the events that this CEL `expression` is true for: 'data.temperature > 30.0'")
	f.IntVarP(&o.count, "count", "n", 0, "stop after so many events (0: never)")
	f.DurationVar(&o.timeout, "timeout", 0, "stop after this time (0: never)")
	f.StringVar(&o.durable, "durable", "", "keep the position under this `name` (or path, with a slash), and resume from it")
	return cmd
}

func (p *program) subscribe(cmd *cobra.Command, patterns []string, o subscribeOptions) error {
	start, errs := o.validate(time.Now())
	position, err := positionPath(p.getenv, o.durable)
	c, err := p.connect(cmd, append(errs, mistakes(err)...))
	if err != nil {
		return err
	}
	defer c.Close()
	told := course{program: p}
	sub := client.Subscription{Patterns: patterns, Filter: o.filter, Start: start, OnSubscribed: told.subscribed, OnDisconnect: told.disconnected}
	store, err := openPosition(position, sub, p.stdout)
	if err != nil {
		return err
	}
	if store != nil {
		defer store.Close() // where a second one, below, is not reached
		sub.Store = store
		if err := endTornLine(p.stdout); err != nil {
			return err
		}
	}
	ctx := cmd.Context()
	if o.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.timeout, errTimeout)
		defer cancel()
	}
	printed, err := p.print(ctx, c.Subscribe(sub), o)
	if errors.Is(err, client.ErrCursorRefused) && position != "" {
		err = fmt.Errorf("%w; remove %s to do so", err, position)
	}
	if isTerminal(p.stderr) {
		err = point(err, o.filter)
	}
	err = o.verdict(ctx, printed, told.orNever(ctx, err))
	if store != nil {
		err = errors.Join(err, store.Close())
	}
	return err
}

// validate returns where to start, and the flags' mistakes.
func (o subscribeOptions) validate(now time.Time) (client.Start, []error) {
	errs := mistakes(checkOutput(o.output))
	if o.count < 0 {
		errs = append(errs, fmt.Errorf("--count is %d, must not be negative", o.count))
	}
	if o.timeout < 0 {
		errs = append(errs, fmt.Errorf("--timeout is %v, must not be negative", o.timeout))
	}
	start, err := parseStart(o.from, now)
	return start, append(errs, mistakes(err)...)
}

// parseStart reads --from.
func parseStart(from string, now time.Time) (client.Start, error) {
	switch {
	case from == "latest":
		return client.Latest(), nil
	case from == "earliest":
		return client.Earliest(), nil
	case strings.HasPrefix(from, "c1."):
		cursor, err := client.ParseCursor(from)
		if err != nil {
			return client.Start{}, fmt.Errorf("--from: %w", err)
		}
		return client.After(cursor), nil
	}
	if t, err := time.Parse(time.RFC3339, from); err == nil {
		return client.At(t), nil
	}
	if ago, err := time.ParseDuration(from); err == nil && ago >= 0 {
		return client.At(now.Add(-ago)), nil
	}
	return client.Start{}, fmt.Errorf("--from is %q, must be latest, earliest, a time such as 2006-01-02T15:04:05Z, a duration ago such as 10m, or a cursor", from)
}

// print writes events until there are as many as asked for. Where the position is
// kept, each line is written and saved by itself, so that no more than one is ever
// between the two.
func (p *program) print(ctx context.Context, stream *client.Stream, o subscribeOptions) (printed int, err error) {
	var out bytes.Buffer
	lines := newPrinter(o.output, &out)
	for ev, err := range stream.Events(ctx) {
		var gap *client.Gap
		switch {
		case errors.As(err, &gap):
			p.note("gap: %v", gap)
			err = lines.gap(gap)
		case err == nil:
			printed++
			err = lines.event(ev)
		}
		if err != nil {
			_, writeErr := out.WriteTo(p.stdout)
			return printed, errors.Join(err, writeErr)
		}
		last := o.count > 0 && printed == o.count
		if o.durable == "" && !last && stream.Buffered() > 0 && out.Len() < outputBuffer {
			continue
		}
		if _, err := out.WriteTo(p.stdout); err != nil {
			return printed, err
		}
		stream.Handled() // only now: the position must not pass what nobody has seen
		if err := stream.Save(ctx); err != nil {
			return printed, err
		}
		if last {
			break
		}
	}
	return printed, nil
}

// verdict tells whether the end of the stream is what was asked for.
func (o subscribeOptions) verdict(ctx context.Context, printed int, err error) error {
	switch {
	case err == nil || !isEnd(err):
		return err
	case errors.Is(context.Cause(ctx), errTimeout) && o.count > 0:
		return fmt.Errorf("%w after %d of %d events", errTimeout, printed, o.count)
	case o.count > 0:
		return fmt.Errorf("%w after %d of %d events", errInterrupted, printed, o.count)
	}
	return nil // an endless subscription ends in no other way
}

// isEnd tells whether err is that of a ctx which has ended.
func isEnd(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// course tells the user how the connection fares.
type course struct {
	program *program
	live    bool
	reached bool  // it has been live
	last    error // why it is not
}

// orNever replaces the error of a ctx that ended before there was a subscription
// by one that says so, which even an endless one fails with.
func (c *course) orNever(ctx context.Context, err error) error {
	if c.reached || !isEnd(err) {
		return err
	}
	timedOut := errors.Is(context.Cause(ctx), errTimeout)
	switch {
	case timedOut && c.last != nil:
		return fmt.Errorf("%w before it was subscribed: %w", errTimeout, c.last)
	case timedOut:
		return fmt.Errorf("%w before it was subscribed", errTimeout)
	case c.last != nil:
		return fmt.Errorf("never subscribed: %w", c.last)
	}
	return fmt.Errorf("%w before it was subscribed", errInterrupted)
}

func (c *course) subscribed(s client.Subscribed) {
	c.live, c.reached = true, true
	verb := "subscribed to"
	if s.Resumed {
		verb = "resumed"
	}
	c.program.note("%s %s", verb, printable(strings.Join(s.Patterns, " ")))
}

func (c *course) disconnected(d client.Disconnect) {
	what := "not connected"
	if c.live {
		what = "disconnected"
	}
	c.live, c.last = false, d.Err
	c.program.note("%s: %v; trying again in %v", what, d.Err, d.RetryIn.Round(10*time.Millisecond))
}
