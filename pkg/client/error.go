package client

import (
	"errors"
	"fmt"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// ErrClosed is what streams and calls return once their Client is closed.
var ErrClosed = errors.New("the client is closed")

// ErrBusy is what Stream.Events yields while another loop reads the same Stream.
var ErrBusy = errors.New("the stream is already being read")

// ErrCursorRefused is joined to the gateway's INVALID_ARGUMENT where the cursor that
// a stream resumes by, given by After or kept in a Store, is refused. A position
// that is only too old is not refused: that is a Gap.
var ErrCursorRefused = errors.New("this position is of no use any more, since it was damaged, was made for another client id, or the gateways have new keys: subscribe without it, from Earliest or a time (At), and expect what was handled before to come again")

// Error is an answer that trying again does not change: the gateway's, or the
// token endpoint's.
type Error struct {
	// Code is the gRPC code: codes.Unauthenticated (the credentials or the token are
	// refused), codes.PermissionDenied (no grant covers a pattern),
	// codes.InvalidArgument (the request breaks a rule), codes.Unimplemented (the
	// endpoint is no gateway), codes.FailedPrecondition (it is not encrypted as
	// configured, or its certificate is not accepted), and others that a server may
	// send. Access may also return codes.Unavailable.
	Code codes.Code
	// Message is the server's text, made for people.
	Message string
}

// Error returns the code as the API spells it and the message.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s", code.Code(e.Code), e.Message)
}

// GRPCStatus lets status.Code and status.FromError work on e.
func (e *Error) GRPCStatus() *status.Status { return status.New(e.Code, e.Message) }

// asError returns err as an *Error if it has a gRPC status, else as it is.
func asError(err error) error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	if s, ok := status.FromError(err); ok {
		return &Error{s.Code(), s.Message()}
	}
	return err
}
