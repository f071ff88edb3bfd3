package main

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"

	"github.com/spillway/spillway/pkg/client"
)

// The exit statuses; doc.go tells them to users.
const (
	exitFailure     = 1
	exitUsage       = 2
	exitDenied      = 3
	exitTimeout     = 4
	exitInterrupted = 130 // what a shell reports for SIGINT
)

// usageError is a mistake in the command line or the configuration.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// errTimeout is the end of --timeout before the work was done.
var errTimeout = errors.New("timed out")

// errInterrupted is a signal before the work was done.
var errInterrupted = errors.New("interrupted")

func exitStatus(err error) int {
	var usage usageError
	var answer *client.Error
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, errTimeout):
		return exitTimeout
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &answer) && (answer.Code == codes.Unauthenticated || answer.Code == codes.PermissionDenied):
		return exitDenied
	}
	return exitFailure
}
