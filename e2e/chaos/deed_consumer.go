package main

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/spillway/spillway/e2e/harness"
)

const (
	// opportunity is how long is waited for an append, or an invocation: longer than
	// Lambda pauses after failures.
	opportunity = 45 * time.Second
	// functionPoll is how often functions are looked at: an invocation takes some
	// milliseconds.
	functionPoll = time.Millisecond
)

// killConsumer kills the consumer when it has appended and does not know it yet: the
// answer of Redis is swallowed. All of its processes that work are killed, because
// the link does not tell which of them has the connection.
func (c *conductor) killConsumer(ctx context.Context, _ fault) error {
	ctx, cancel := context.WithTimeout(ctx, opportunity)
	defer cancel()
	var failed error
	err := c.system.Tap.Swallow(ctx, func() {
		for _, f := range c.system.Functions() {
			if f.Busy && failed == nil {
				failed = f.Signal(syscall.SIGKILL)
			}
		}
	})
	if err != nil {
		return err
	}
	return failed
}

// crashConsumer crashes a process of the consumer that handles an invocation.
func (c *conductor) crashConsumer(ctx context.Context, f fault) error {
	ctx, cancel := context.WithTimeout(ctx, opportunity)
	defer cancel()
	sig := syscall.SIGABRT
	if f.Other {
		sig = syscall.SIGSEGV
	}
	for {
		if busy, ok := busyFunction(c.system.Functions()); ok {
			return busy.Signal(sig)
		}
		if err := sleep(ctx, functionPoll); err != nil {
			return fmt.Errorf("no invocation to crash: %w", err)
		}
	}
}

func busyFunction(all []harness.Function) (harness.Function, bool) {
	for _, f := range all {
		if f.Busy {
			return f, true
		}
	}
	return harness.Function{}, false
}
