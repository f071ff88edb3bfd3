package lambda

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

// CreateEventSourceMappingInput is a request to create a mapping.
type CreateEventSourceMappingInput struct {
	EventSourceArn            string
	FunctionName              string
	Enabled                   *bool // nil means true
	StartingPosition          string
	StartingPositionTimestamp *EpochSeconds
	MappingOptions
}

// MappingOptions are what can be set when a mapping is created and changed later. What is nil takes AWS's default, or
// stays.
type MappingOptions struct {
	BatchSize                      *int
	MaximumBatchingWindowInSeconds *int
	ParallelizationFactor          *int
	BisectBatchOnFunctionError     *bool
	MaximumRetryAttempts           *int
	MaximumRecordAgeInSeconds      *int
	DestinationConfig              *DestinationConfig
	FunctionResponseTypes          *[]string
}

const (
	defaultBatchSize = 100
	noneProcessed    = "No records processed"
	userAction       = "User action"
	// maxMappings bounds the mappings; each has goroutines for every shard.
	maxMappings = 200
)

// CreateEventSourceMapping makes a mapping; it is enabled shortly after. Records that are put once it shows Enabled are
// read, also with the starting position LATEST.
func (s *Service) CreateEventSourceMapping(ctx context.Context, in CreateEventSourceMappingInput) (EventSourceMapping, error) {
	s.changes.Lock()
	defer s.changes.Unlock()
	arn, err := s.mappedFunction(in.FunctionName)
	if err != nil {
		return EventSourceMapping{}, err
	}
	c := EventSourceMapping{
		UUID: uuid.NewString(), EventSourceArn: in.EventSourceArn, FunctionArn: arn,
		StartingPosition: in.StartingPosition, StartingPositionTimestamp: in.StartingPositionTimestamp,
		LastModified: EpochSeconds(s.cfg.Clock()), LastProcessingResult: noneProcessed,
		State: stateCreating, StateTransitionReason: userAction,
	}
	c.EventSourceMappingArn = "arn:aws:lambda:" + s.cfg.Region + ":" + s.cfg.AccountID + ":event-source-mapping:" + c.UUID
	c.apply(DefaultMappingOptions())
	c.apply(in.MappingOptions)
	if err := s.checkMapping(ctx, c); err != nil {
		return EventSourceMapping{}, err
	}
	if err := s.checkSource(ctx, c); err != nil {
		return EventSourceMapping{}, err
	}
	if err := s.checkPair(c); err != nil {
		return EventSourceMapping{}, err
	}
	m := &mapping{config: c, log: s.cfg.Logger, wanted: in.Enabled == nil || *in.Enabled}
	if err := s.register(func() { s.mappings[c.UUID] = m }); err != nil {
		return EventSourceMapping{}, err
	}
	s.transition(m)
	return c, nil
}

// DefaultMappingOptions are AWS's defaults, spelled out.
func DefaultMappingOptions() MappingOptions {
	batchSize, window, parallel, unlimited, age, bisect := defaultBatchSize, 0, 1, eventsource.Unlimited, eventsource.Unlimited, false
	return MappingOptions{
		BatchSize: &batchSize, MaximumBatchingWindowInSeconds: &window, ParallelizationFactor: &parallel, BisectBatchOnFunctionError: &bisect,
		MaximumRetryAttempts: &unlimited, MaximumRecordAgeInSeconds: &age, DestinationConfig: new(DestinationConfig), FunctionResponseTypes: new([]string),
	}
}

// apply overwrites what the options name.
func (c *EventSourceMapping) apply(o MappingOptions) {
	set(&c.BatchSize, o.BatchSize)
	set(&c.MaximumBatchingWindowInSeconds, o.MaximumBatchingWindowInSeconds)
	set(&c.ParallelizationFactor, o.ParallelizationFactor)
	set(&c.BisectBatchOnFunctionError, o.BisectBatchOnFunctionError)
	set(&c.MaximumRetryAttempts, o.MaximumRetryAttempts)
	set(&c.MaximumRecordAgeInSeconds, o.MaximumRecordAgeInSeconds)
	set(&c.DestinationConfig, o.DestinationConfig)
	if o.FunctionResponseTypes != nil {
		c.FunctionResponseTypes = append([]string{}, *o.FunctionResponseTypes...)
	}
}

// mappedFunction is the ARN of the function that a mapping names, without the qualifier: it can only be the latest.
func (s *Service) mappedFunction(name string) (string, error) {
	id, e := s.parseName(name)
	if e != nil {
		return "", e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, e := s.find(name); e != nil {
		return "", errorf(codeInvalidValue, "Function does not exist")
	}
	return s.functionARN(functionID{name: id.name}), nil
}

// checkSource refuses streams that do not exist, and mappings beyond the limit.
func (s *Service) checkSource(ctx context.Context, c EventSourceMapping) error {
	_, err := s.cfg.Streams.Shards(ctx, c.EventSourceArn)
	if errors.Is(err, ErrNoSuchStream) {
		return errorf(codeInvalidValue, "Stream not found: %s", c.EventSourceArn)
	}
	if err != nil {
		return asError(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.mappings) >= maxMappings {
		return errorf(codeThrottled, "At most %d event source mappings are supported by the sandbox", maxMappings)
	}
	return nil
}

// checkPair refuses a mapping of a stream and a function that another mapping has.
func (s *Service) checkPair(c EventSourceMapping) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.mappings {
		if old := m.snapshot(); old.UUID != c.UUID && old.EventSourceArn == c.EventSourceArn && old.FunctionArn == c.FunctionArn {
			// The blanks inside the quotes are AWS's.
			return errorf(codeConflict, `The event source arn (" %s ") and function (" %s ") provided mapping already exists. Please update or delete the existing mapping with UUID %s`,
				c.EventSourceArn, c.FunctionArn[strings.LastIndexByte(c.FunctionArn, ':')+1:], old.UUID)
		}
	}
	return nil
}
