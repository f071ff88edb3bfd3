package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
)

// redisNotes returns what the Redis client is to tell of its connections to. The client
// repeats itself, in words for those who wrote it; the user is told once that there is
// trouble. What comes of it is in the error of the command, if it fails.
func redisNotes(stderr io.Writer) *slog.Logger {
	return slog.New(onceHandler{slog.DiscardHandler, sync.OnceFunc(func() {
		fmt.Fprintln(stderr, "the connection to Redis fails; trying again for a while")
	})})
}

// onceHandler calls tell in place of handling a record.
type onceHandler struct {
	slog.Handler
	tell func()
}

func (onceHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h onceHandler) Handle(context.Context, slog.Record) error {
	h.tell()
	return nil
}
