package lambda

import (
	"context"
	"slices"

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
	TumblingWindowInSeconds        *int
	DestinationConfig              *DestinationConfig
	FilterCriteria                 *FilterCriteria
	MetricsConfig                  *MetricsConfig
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
	c := EventSourceMapping{
		UUID: uuid.NewString(), EventSourceArn: in.EventSourceArn,
		StartingPosition: in.StartingPosition, StartingPositionTimestamp: in.StartingPositionTimestamp,
		LastModified: EpochSeconds(s.cfg.Clock()), LastProcessingResult: noneProcessed,
		State: stateCreating, StateTransitionReason: userAction,
	}
	c.EventSourceMappingArn = "arn:aws:lambda:" + s.cfg.Region + ":" + s.cfg.AccountID + ":event-source-mapping:" + c.UUID
	c.apply(DefaultMappingOptions())
	c.apply(in.MappingOptions)
	if err := s.checkNewMapping(ctx, &c, in.FunctionName); err != nil {
		return EventSourceMapping{}, err
	}
	m := &mapping{config: c, log: s.cfg.Logger, wanted: in.Enabled == nil || *in.Enabled}
	if err := s.keep(ctx, c, m.wanted); err != nil {
		return EventSourceMapping{}, err
	}
	if err := s.register(func() { s.mappings[c.UUID] = m }); err != nil {
		return EventSourceMapping{}, err
	}
	s.transition(m)
	return c, nil
}

// checkNewMapping finds the function of a new mapping and refuses what AWS would.
func (s *Service) checkNewMapping(ctx context.Context, c *EventSourceMapping, functionName string) (err error) {
	if err := c.checkModel(functionName); err != nil {
		return err
	}
	if c.FunctionArn, err = s.mappedFunction(functionName); err != nil {
		return err
	}
	if err := s.checkMapping(ctx, *c); err != nil {
		return err
	}
	if err := s.checkSource(ctx, *c); err != nil {
		return err
	}
	return s.checkPair(*c)
}

// DefaultMappingOptions are AWS's defaults, spelled out.
func DefaultMappingOptions() MappingOptions {
	batchSize, window, parallel, unlimited, age, bisect, tumbling := defaultBatchSize, 0, 1, eventsource.Unlimited, eventsource.Unlimited, false, 0
	return MappingOptions{
		BatchSize: &batchSize, MaximumBatchingWindowInSeconds: &window, ParallelizationFactor: &parallel, BisectBatchOnFunctionError: &bisect,
		MaximumRetryAttempts: &unlimited, MaximumRecordAgeInSeconds: &age, TumblingWindowInSeconds: &tumbling,
		DestinationConfig: new(DestinationConfig), FilterCriteria: new(FilterCriteria), MetricsConfig: new(MetricsConfig), FunctionResponseTypes: new([]string),
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
	set(&c.TumblingWindowInSeconds, o.TumblingWindowInSeconds)
	set(&c.DestinationConfig, o.DestinationConfig)
	if o.FilterCriteria != nil { // without filters, they are removed
		c.FilterCriteria = nil
		if filters := o.FilterCriteria.Filters; len(filters) > 0 {
			c.FilterCriteria = &FilterCriteria{Filters: slices.Clone(filters)}
		}
	}
	if o.MetricsConfig != nil {
		c.MetricsConfig = nil
		if metrics := o.MetricsConfig.Metrics; len(metrics) > 0 {
			c.MetricsConfig = &MetricsConfig{Metrics: slices.Clone(metrics)}
		}
	}
	if o.FunctionResponseTypes != nil {
		c.FunctionResponseTypes = append([]string{}, *o.FunctionResponseTypes...)
	}
}

// mappedFunction is the ARN of the function that a mapping names, with the version or alias if it names one.
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
	if id.qualifier == latest {
		id.qualifier = ""
	}
	return s.functionARN(id), nil
}
