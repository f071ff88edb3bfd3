package lambda

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// EventInvokeConfig says how the asynchronous invocations of a function are retried, and where their results go.
type EventInvokeConfig struct {
	LastModified             EpochSeconds
	FunctionArn              string
	MaximumRetryAttempts     *int `json:",omitempty"`
	MaximumEventAgeInSeconds *int `json:",omitempty"`
	DestinationConfig        EventDestinations
}

// EventDestinations are the destinations of asynchronous invocations.
type EventDestinations struct {
	OnSuccess EventDestination
	OnFailure EventDestination
}

// EventDestination is the ARN of a queue, a topic, a function or, for failures, a bucket.
type EventDestination struct {
	Destination string `json:",omitempty"`
}

// EventInvokeInput is a request to set how asynchronous invocations are handled.
type EventInvokeInput struct {
	FunctionName             string `json:"-"` // with the qualifier
	MaximumRetryAttempts     *int
	MaximumEventAgeInSeconds *int
	DestinationConfig        *EventDestinations
}

const (
	maxAsyncRetries = 2
	minEventAge     = 60
	maxEventAge     = 21600 // 6 hours
)

// PutFunctionEventInvokeConfig sets how asynchronous invocations are handled; what is nil is the default again.
func (s *Service) PutFunctionEventInvokeConfig(ctx context.Context, in EventInvokeInput) (EventInvokeConfig, error) {
	return s.setEventInvoke(ctx, in, false)
}

// UpdateFunctionEventInvokeConfig changes how asynchronous invocations are handled; what is nil stays.
func (s *Service) UpdateFunctionEventInvokeConfig(ctx context.Context, in EventInvokeInput) (EventInvokeConfig, error) {
	return s.setEventInvoke(ctx, in, true)
}

func (s *Service) setEventInvoke(ctx context.Context, in EventInvokeInput, update bool) (EventInvokeConfig, error) {
	if e := in.check(); e != nil {
		return EventInvokeConfig{}, e
	}
	if e := s.checkDestinations(ctx, in.DestinationConfig); e != nil {
		return EventInvokeConfig{}, e
	}
	var out EventInvokeConfig
	err := s.change(in.FunctionName, func(f *function) *Error {
		key, arn, e := s.eventInvokeKey(in.FunctionName)
		if e != nil {
			return e
		}
		c := EventInvokeConfig{FunctionArn: arn}
		if update {
			if f.async[key] == nil {
				return noEventInvokeConfig(arn)
			}
			c = *f.async[key]
		}
		c.LastModified = EpochSeconds(s.cfg.Clock())
		replaceIfSet(&c.MaximumRetryAttempts, in.MaximumRetryAttempts)
		replaceIfSet(&c.MaximumEventAgeInSeconds, in.MaximumEventAgeInSeconds)
		set(&c.DestinationConfig, in.DestinationConfig)
		f.async[key] = &c
		out = c
		return nil
	})
	return out, err
}

func (in EventInvokeInput) check() *Error {
	switch n, age := in.MaximumRetryAttempts, in.MaximumEventAgeInSeconds; {
	case n == nil && age == nil && in.DestinationConfig == nil:
		return errorf(codeInvalidValue, "You must specify at least one of error handling or destination setting.")
	case n != nil && *n < 0:
		return constraint("maximumRetryAttempts", *n, "have value greater than or equal to 0")
	case n != nil && *n > maxAsyncRetries:
		return constraint("maximumRetryAttempts", *n, "have value less than or equal to 2")
	case age != nil && *age < minEventAge:
		return constraint("maximumEventAgeInSeconds", *age, "have value greater than or equal to 60")
	case age != nil && *age > maxEventAge:
		return constraint("maximumEventAgeInSeconds", *age, "have value less than or equal to 21600")
	}
	return nil
}

// checkDestinations refuses destinations that do not exist, or are not for what they are to be.
func (s *Service) checkDestinations(ctx context.Context, d *EventDestinations) *Error {
	if d == nil {
		return nil
	}
	if strings.HasPrefix(d.OnSuccess.Destination, "arn:aws:s3:::") {
		return errorf(codeInvalidValue, "The destination ARN %s is invalid: a bucket is a destination for failures only.", d.OnSuccess.Destination)
	}
	for _, arn := range []string{d.OnSuccess.Destination, d.OnFailure.Destination} {
		if arn == "" {
			continue
		}
		if strings.HasPrefix(arn, functionPrefix) {
			s.mu.Lock()
			_, e := s.find(arn)
			s.mu.Unlock()
			if e != nil {
				return errorf(codeInvalidValue, "The destination ARN %s is invalid: %s", arn, e.Message)
			}
			continue
		}
		if err := s.cfg.Destinations.Check(ctx, arn); err != nil {
			return errorf(codeInvalidValue, "The destination ARN %s is invalid: %v", arn, err)
		}
	}
	return nil
}

// functionPrefix begins the ARN of a function.
const functionPrefix = "arn:aws:lambda:"

// eventInvokeKey is what the configuration of a name is kept under, and its ARN.
func (s *Service) eventInvokeKey(name string) (key, arn string, e *Error) {
	id, e := s.parseName(name)
	if e != nil {
		return "", "", e
	}
	if id.qualifier == "" {
		id.qualifier = latest
	}
	return id.qualifier, s.functionARN(id), nil
}

func noEventInvokeConfig(arn string) *Error {
	return errorf(codeNotFound, "The function %s doesn't have an EventInvokeConfig", arn)
}

// GetFunctionEventInvokeConfig tells how asynchronous invocations are handled.
func (s *Service) GetFunctionEventInvokeConfig(_ context.Context, name string) (EventInvokeConfig, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, e := s.find(name)
	if e != nil {
		return EventInvokeConfig{}, e
	}
	key, arn, e := s.eventInvokeKey(name)
	if e != nil {
		return EventInvokeConfig{}, e
	}
	if f.async[key] == nil {
		return EventInvokeConfig{}, noEventInvokeConfig(arn)
	}
	return *f.async[key], nil
}

// DeleteFunctionEventInvokeConfig goes back to the defaults.
func (s *Service) DeleteFunctionEventInvokeConfig(_ context.Context, name string) error {
	return s.change(name, func(f *function) *Error {
		key, arn, e := s.eventInvokeKey(name)
		if e != nil {
			return e
		}
		if f.async[key] == nil {
			return noEventInvokeConfig(arn)
		}
		delete(f.async, key)
		return nil
	})
}

// ListEventInvokeOutput is a page of configurations.
type ListEventInvokeOutput struct {
	FunctionEventInvokeConfigs []EventInvokeConfig
	NextMarker                 string `json:",omitempty"`
}

// ListFunctionEventInvokeConfigs lists the configurations of a function and its versions and aliases.
func (s *Service) ListFunctionEventInvokeConfigs(_ context.Context, name, marker string, maxItems int) (ListEventInvokeOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, e := s.find(name)
	if e != nil {
		return ListEventInvokeOutput{}, e
	}
	keys, next := page(slices.Sorted(maps.Keys(f.async)), marker, maxItems, functionsPage)
	out := ListEventInvokeOutput{FunctionEventInvokeConfigs: make([]EventInvokeConfig, len(keys)), NextMarker: next}
	for i, key := range keys {
		out.FunctionEventInvokeConfigs[i] = *f.async[key]
	}
	return out, nil
}
