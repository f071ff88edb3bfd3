package gateway

import (
	"context"
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/spillway/spillway/pkg/authn"
	"github.com/spillway/spillway/pkg/fanout"
)

// retryAfter is the hint of errors that pass: long enough for a failover to have
// happened, short enough not to be noticed.
const retryAfter = time.Second

// toStatus is the only place where errors become gRPC statuses. Those it does not
// know become Internal with a fixed text; the caller logs them. A deadline that was
// missed inside, by Redis or the token issuer, is theirs and not the caller's: our
// own errors come first.
func toStatus(err error) error {
	var refused *authn.Error
	if _, ok := status.FromError(err); ok {
		return err
	}
	switch {
	case errors.As(err, &refused):
		return status.Error(codes.Unauthenticated, refused.Reason)
	case errors.Is(err, authn.ErrUnavailable):
		return comeBack(codes.Unavailable, "tokens cannot be verified now: try again", retryAfter)
	case errors.Is(err, fanout.ErrNotReady):
		return comeBack(codes.Unavailable, "the event log cannot be reached now: try again", retryAfter)
	case errors.Is(err, fanout.ErrLanesChanged):
		return comeBack(codes.Unavailable, "the event log was made anew: subscribe again", retryAfter)
	case errors.Is(err, fanout.ErrTooManyViews):
		return comeBack(codes.ResourceExhausted, "this gateway has too many distinct subscriptions: try again", retryAfter)
	case errors.Is(err, fanout.ErrFilterCost):
		return comeBack(codes.ResourceExhausted, "filter: this gateway's filters would cost too much together: use a simpler one, or try again", limitRetry)
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, "canceled by the caller")
	case errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, "the caller's deadline has passed")
	default:
		return status.Error(codes.Internal, "internal error")
	}
}

// comeBack is a status for who may try again after a while.
func comeBack(code codes.Code, text string, after time.Duration) error {
	return withDetails(code, text, &errdetails.RetryInfo{RetryDelay: durationpb.New(after)})
}

// invalid names the field of a request and the rule that it breaks.
func invalid(field, rule string) error {
	return withDetails(codes.InvalidArgument, field+": "+rule,
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: field, Description: rule}}})
}

func withDetails(code codes.Code, text string, details ...protoadapt.MessageV1) error {
	st := status.New(code, text)
	if full, err := st.WithDetails(details...); err == nil {
		st = full
	}
	return st.Err()
}
