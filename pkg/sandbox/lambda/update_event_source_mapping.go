package lambda

import "context"

// UpdateEventSourceMappingInput is a request to change a mapping. What is nil or empty stays.
type UpdateEventSourceMappingInput struct {
	UUID         string `json:"-"`
	FunctionName string
	Enabled      *bool
	MappingOptions
}

// UpdateEventSourceMapping changes a mapping; the running invocation ends with the old settings, and reading goes on
// where it was.
func (s *Service) UpdateEventSourceMapping(ctx context.Context, in UpdateEventSourceMappingInput) (EventSourceMapping, error) {
	s.changes.Lock()
	defer s.changes.Unlock()
	m, err := s.findMapping(in.UUID)
	if err != nil {
		return EventSourceMapping{}, err
	}
	c := m.snapshot()
	if !c.settled() {
		return EventSourceMapping{}, mappingBusy("update")
	}
	c.apply(in.MappingOptions)
	if err := c.checkModel(in.FunctionName); err != nil {
		return EventSourceMapping{}, err
	}
	if in.FunctionName != "" {
		if c.FunctionArn, err = s.mappedFunction(in.FunctionName); err != nil {
			return EventSourceMapping{}, err
		}
	}
	if err := s.checkMapping(ctx, c); err != nil {
		return EventSourceMapping{}, err
	}
	if err := s.checkPair(c); err != nil {
		return EventSourceMapping{}, err
	}
	was := m.isWanted()
	enabled := was
	set(&enabled, in.Enabled)
	c.LastModified = EpochSeconds(s.cfg.Clock())
	c.State = transitState(was, enabled)
	if err := s.keep(ctx, c, enabled); err != nil {
		return EventSourceMapping{}, err
	}
	answer := m.change(func(present *EventSourceMapping) {
		c.LastProcessingResult = present.LastProcessingResult
		*present = c
		m.wanted = enabled // change holds the lock
	})
	s.transition(m)
	return answer, nil
}

// transitState is what a mapping shows on its way.
func transitState(was, enabled bool) string {
	switch {
	case was == enabled:
		return stateUpdating
	case enabled:
		return stateEnabling
	default:
		return stateDisabling
	}
}

// settled tells whether a mapping is not on its way to another state.
func (c EventSourceMapping) settled() bool {
	return c.State == stateEnabled || c.State == stateDisabled
}

// mappingBusy refuses to change a mapping that is on its way to another state.
func mappingBusy(verb string) *Error {
	return errorf("ResourceInUseException", "Cannot %s the event source mapping because it is in use.", verb)
}

func (s *Service) findMapping(uuid string) (*mapping, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.mappings[uuid]; m != nil {
		return m, nil
	}
	return nil, errorf(codeNotFound, "The resource you requested does not exist.")
}
