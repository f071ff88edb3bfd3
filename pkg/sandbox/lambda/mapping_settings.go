package lambda

import (
	"time"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

// settings is a mapping as its poller wants it.
func (s *Service) settings(m *mapping) eventsource.Settings {
	c := m.snapshot()
	out := eventsource.Settings{
		MappingID: c.UUID, SourceARN: c.EventSourceArn, FunctionARN: c.FunctionArn, RoleARN: s.roleOf(c.FunctionArn),
		Region: s.cfg.Region, Start: eventsource.Position{Kind: eventsource.PositionKind(c.StartingPosition)},
		BatchSize: c.BatchSize, Window: seconds(c.MaximumBatchingWindowInSeconds),
		Parallel: c.ParallelizationFactor, Bisect: c.BisectBatchOnFunctionError,
		PartialBatch: len(c.FunctionResponseTypes) > 0, MaxRetries: c.MaximumRetryAttempts,
		MaxAge: seconds(c.MaximumRecordAgeInSeconds), Tumbling: seconds(c.TumblingWindowInSeconds),
		OnFailure: c.DestinationConfig.OnFailure.Destination, PollInterval: s.cfg.PollInterval,
		RetryBase: s.cfg.RetryBase, RetryCap: s.cfg.RetryCap, Seed: s.cfg.Seed, Clock: s.cfg.time(), Logger: m.log,
		ProcessedHook: func(result string) {
			m.change(func(c *EventSourceMapping) { c.LastProcessingResult = result })
		},
	}
	if s.cfg.Mappings != nil {
		out.Checkpoints = s.cfg.Mappings
	}
	if _, consumer := eventsource.StreamOf(c.EventSourceArn); consumer {
		out.FanOut = s.cfg.FanOut
	}
	if c.StartingPositionTimestamp != nil {
		out.Start.Timestamp = time.Time(*c.StartingPositionTimestamp)
	}
	filter, err := c.FilterCriteria.parse()
	if err != nil {
		panic("lambda: filter criteria that were checked: " + err.Error())
	}
	out.Filter = filter
	return out
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

func (s *Service) roleOf(functionARN string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, e := s.find(functionARN); e == nil {
		return f.config.Role
	}
	return ""
}

// time is the clock of pollers: Time, or the machine's with Clock's present.
func (c Config) time() eventsource.Clock {
	if c.Time != nil {
		return c.Time
	}
	return machineTime{now: c.Clock}
}

type machineTime struct {
	eventsource.RealTime
	now func() time.Time
}

// Now implements eventsource.Clock.
func (t machineTime) Now() time.Time { return t.now() }
