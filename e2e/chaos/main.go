package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// The exit statuses.
const (
	exitBroken = 1 // a promise broke
	exitBench  = 2 // the bench itself could not run
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Environ(), os.Stdout)
	stop()
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "chaos:", err)
	if errors.Is(err, errBroken) {
		os.Exit(exitBroken)
	}
	os.Exit(exitBench)
}
