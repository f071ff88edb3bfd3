package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/google/uuid"

	"github.com/spillway/spillway/pkg/sandbox/lambda/environment"
)

// InvocationType says whether the caller waits.
type InvocationType string

// The invocation types.
const (
	RequestResponse InvocationType = "RequestResponse"
	Event           InvocationType = "Event"
	DryRun          InvocationType = "DryRun"
)

const (
	maxSyncPayload  = 6291456
	maxAsyncPayload = 1048576
)

// InvokeInput is a request to run a function.
type InvokeInput struct {
	FunctionName  string
	Type          InvocationType // "" means RequestResponse
	Payload       []byte         // JSON; empty means {}
	ClientContext string         // JSON
	// Stream, if it is not nil, gets the answer piece by piece, as the function writes it.
	Stream io.Writer

	overHTTP  bool                 // and has met its fault
	requestID string               // "" means a new one
	begun     func(version string) // called before the function runs
}

// InvokeOutput is how a function ended. For a DryRun it has only the version, for an Event only the request's id.
type InvokeOutput struct {
	Payload         []byte
	FunctionError   string // "" or "Unhandled"
	ExecutedVersion string
	RequestID       string
	LogTail         []byte
}

// Invoke runs a function. That the function fails is no error.
func (s *Service) Invoke(ctx context.Context, in InvokeInput) (InvokeOutput, error) {
	if len(in.Payload) == 0 {
		in.Payload = []byte("{}")
	}
	if err := in.check(); err != nil {
		return InvokeOutput{}, err
	}
	if err := s.meetInProcess(ctx, in); err != nil {
		return InvokeOutput{}, err
	}
	s.mu.Lock()
	_, r, e := s.resolve(in.FunctionName)
	s.mu.Unlock()
	switch {
	case e != nil:
		return InvokeOutput{}, e
	case in.Type == DryRun:
		return InvokeOutput{ExecutedVersion: r.config.Version}, nil
	case in.Type == Event:
		in.requestID = uuid.NewString()
		return InvokeOutput{RequestID: in.requestID}, s.async.add(in)
	}
	return s.invokeNow(ctx, in)
}

func (in InvokeInput) check() error {
	limit := maxSyncPayload
	switch in.Type {
	case "", RequestResponse, DryRun:
	case Event:
		limit = maxAsyncPayload
	default:
		return constraint("invocationType", in.Type, "satisfy enum value set: [Event, RequestResponse, DryRun]")
	}
	if len(in.Payload) > limit {
		return errorf(codeEntityTooBig, "Request must be smaller than %d bytes for the InvokeFunction operation", limit)
	}
	var doc json.RawMessage
	if err := json.Unmarshal(in.Payload, &doc); err != nil {
		return errorf(codeInvalidJSON, "Could not parse request body into json: %v", err)
	}
	return nil
}

// invokeNow runs a function at its present revision and waits.
func (s *Service) invokeNow(ctx context.Context, in InvokeInput) (InvokeOutput, error) {
	for {
		run, err := s.enter(in.FunctionName)
		if err != nil {
			return InvokeOutput{}, err
		}
		if in.begun != nil {
			in.begun(run.version)
		}
		res, err := run.pool.Invoke(ctx, environment.Request{
			ID: in.requestID, ARN: run.arn, Payload: in.Payload, ClientContext: in.ClientContext, Stream: in.Stream,
		})
		s.leave(run.function)
		switch {
		case err == nil:
			return InvokeOutput{
				Payload: res.Payload, FunctionError: res.FunctionError, ExecutedVersion: run.version, RequestID: res.RequestID,
				LogTail: res.LogTail,
			}, nil
		case errors.Is(err, environment.ErrThrottled):
			return InvokeOutput{}, throttled("ConcurrentInvocationLimitExceeded")
		case !errors.Is(err, environment.ErrClosed):
			return InvokeOutput{}, err
		}
		// The revision was replaced between enter and Invoke: take the new one.
	}
}

func throttled(reason string) *Error {
	e := errorf(codeThrottled, "Rate Exceeded.")
	e.Reason = reason
	return e
}

// invocation is a running one.
type invocation struct {
	function *function
	pool     *environment.Pool
	version  string
	arn      string // as the caller named the function
}

// enter counts an invocation in and returns what it needs.
func (s *Service) enter(name string) (invocation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, r, e := s.resolve(name)
	if e != nil {
		return invocation{}, e
	}
	if s.closed {
		return invocation{}, errClosed
	}
	if f.reserved != nil && f.busy >= *f.reserved {
		return invocation{}, throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
	}
	id, e := s.parseName(name)
	if e != nil {
		return invocation{}, e
	}
	f.busy++
	return invocation{f, r.pool, r.config.Version, s.functionARN(id)}, nil
}

func (s *Service) leave(f *function) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.busy--
}
