package lambda

import (
	"context"
	"encoding/json"
	"errors"

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
}

// InvokeOutput is how a function ended. For an Event or a DryRun it is empty.
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
	s.mu.Lock()
	_, e := s.find(in.FunctionName)
	s.mu.Unlock()
	switch {
	case e != nil:
		return InvokeOutput{}, e
	case in.Type == DryRun:
		return InvokeOutput{ExecutedVersion: latest}, nil
	case in.Type == Event:
		return InvokeOutput{}, s.async.add(in)
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
		f, pool, arn, err := s.enter(in.FunctionName)
		if err != nil {
			return InvokeOutput{}, err
		}
		res, err := pool.Invoke(ctx, environment.Request{ARN: arn, Payload: in.Payload, ClientContext: in.ClientContext})
		s.leave(f)
		switch {
		case err == nil:
			return InvokeOutput{
				Payload: res.Payload, FunctionError: res.FunctionError, ExecutedVersion: latest, RequestID: res.RequestID,
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

// enter counts an invocation in and returns what it needs.
func (s *Service) enter(name string) (*function, *environment.Pool, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, e := s.find(name)
	if e != nil {
		return nil, nil, "", e
	}
	if s.closed {
		return nil, nil, "", errClosed
	}
	if f.reserved != nil && f.busy >= *f.reserved {
		return nil, nil, "", throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
	}
	id, e := s.parseName(name)
	if e != nil {
		return nil, nil, "", e
	}
	f.busy++
	return f, f.pool, s.functionARN(id), nil
}

func (s *Service) leave(f *function) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.busy--
}
