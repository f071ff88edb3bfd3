package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spillway/spillway/pkg/eventlog"
)

func main() {
	eventlog.LogTo(redisNotes(os.Stderr)) // here, because it is for the whole process
	err := run(context.Background(), os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "spillway:", err)
	}
	os.Exit(exitStatus(err))
}
