package lambda

import (
	"context"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

// DuplicateDeliveries makes a mapping deliver its next n batches that succeed once more, as AWS does now and then. It is
// a knob of the sandbox, not of the API.
func (s *Service) DuplicateDeliveries(uuid string, n int) error {
	p, err := s.running(uuid)
	if err == nil && p != nil {
		p.Duplicate(n)
	}
	return err
}

// AwaitMappingIdle waits until a mapping has processed, or given up, every record that its stream has. One that is
// disabled is idle.
func (s *Service) AwaitMappingIdle(ctx context.Context, uuid string) error {
	p, err := s.running(uuid)
	if err != nil || p == nil {
		return err
	}
	return p.AwaitIdle(ctx)
}

// MappingCheckpoints tells how far a mapping has processed each shard.
func (s *Service) MappingCheckpoints(uuid string) (eventsource.Checkpoints, error) {
	m, err := s.findMapping(uuid)
	if err != nil {
		return nil, err
	}
	m.step.Lock()
	defer m.step.Unlock()
	if m.poller != nil {
		return m.poller.Checkpoints(), nil
	}
	return m.marks, nil
}

// running is the poller of a mapping once its transitions are over; nil if it is disabled.
func (s *Service) running(uuid string) (*eventsource.Poller, error) {
	m, err := s.findMapping(uuid)
	if err != nil {
		return nil, err
	}
	m.step.Lock()
	defer m.step.Unlock()
	return m.poller, nil
}
