package stack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spillway/spillway/pkg/stack/command"
)

const (
	demoPattern = "weather.us.ny"
	// demoRate makes New York, one of fifty states in turn, report every 2.5 s.
	demoRate = "20"
	// subscribeTimeout is how long the demo waits for its subscriber before it puts records.
	subscribeTimeout = 10 * time.Second
)

// Demo brings the stack up unless it runs, then puts made-up weather into Kinesis and shows what a subscriber of one
// state gets, for the time given or until ctx ends. It leaves the stack as it found it: running or not.
func (s *Stack) Demo(ctx context.Context, limit time.Duration) error {
	_, ran, err := s.running()
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return s.demo(ctx, s, ran, limit)
}

// upAndDown is a stack of either kind.
type upAndDown interface {
	Up(ctx context.Context) (Endpoints, error)
	Down(ctx context.Context) error
}

// demo is Demo for a stack of either kind that has run before or not.
func (s *Stack) demo(ctx context.Context, stack upAndDown, ran bool, limit time.Duration) (err error) {
	if _, err := stack.Up(ctx); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if !ran {
		defer func() { err = errors.Join(err, stack.Down(context.WithoutCancel(ctx))) }()
	}
	s.say("\nThe demo goes on for %s; Ctrl-C ends it.\n", limit)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := s.demonstrate(ctx); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

// demonstrate runs a subscriber and, once it has subscribed, a producer, until ctx ends.
func (s *Stack) demonstrate(ctx context.Context) error {
	lines := command.NewLines(s.o.Out)
	group, ctx := errgroup.WithContext(ctx)
	subscribed := &firstLine{seen: make(chan struct{})}
	group.Go(func() error {
		return s.demoProgram(ctx, lines, "subscribe", subscribed, "subscribe", demoPattern)
	})
	group.Go(func() error {
		select {
		case <-subscribed.seen:
		case <-time.After(subscribeTimeout):
			return fmt.Errorf("the subscriber said nothing for %s", subscribeTimeout)
		case <-ctx.Done():
			return nil
		}
		return s.demoProgram(ctx, lines, "produce", io.Discard, "produce", "--generate", "weather", "--rate", demoRate)
	})
	return group.Wait()
}

// demoProgram runs spillway until ctx ends. The developer's own variables are kept from it: they win over the file.
func (s *Stack) demoProgram(ctx context.Context, lines *command.Lines, name string, notes io.Writer, args ...string) error {
	const width = len("subscribe")
	out, errOut := lines.Writer(name, width), lines.Writer(name, width)
	err := command.Command{
		Path: s.binary("spillway"), Args: append([]string{"--config", s.path(propertiesFile)}, args...),
		Env: foreign(os.Environ()), Stdout: out, Stderr: io.MultiWriter(errOut, notes),
	}.Run(ctx)
	if ctx.Err() != nil {
		err = nil // it was to end
	}
	return errors.Join(err, out.Close(), errOut.Close())
}

// foreign are the variables that neither AWS nor Spillway reads.
func foreign(environ []string) []string {
	var kept []string
	for _, v := range environ {
		if !strings.HasPrefix(v, "AWS_") && !strings.HasPrefix(v, "SPILLWAY_") {
			kept = append(kept, v)
		}
	}
	return kept
}

// firstLine notices the first line that is written to it. One goroutine writes.
type firstLine struct {
	done bool
	seen chan struct{}
}

func (f *firstLine) Write(p []byte) (int, error) {
	if !f.done && bytes.IndexByte(p, '\n') >= 0 {
		f.done = true
		close(f.seen)
	}
	return len(p), nil
}
