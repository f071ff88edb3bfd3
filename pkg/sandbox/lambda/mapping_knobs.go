package lambda

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

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

// knownMapping is a mapping and how far it is.
type knownMapping struct {
	UUID     string `json:"uuid"`
	Source   string `json:"source"`
	Function string `json:"function"`
	State    string `json:"state"`
	// Idle says that every record of the stream has been processed or given up, or that the mapping is disabled.
	Idle        bool                    `json:"idle"`
	Checkpoints eventsource.Checkpoints `json:"checkpoints"`
}

// idleTimeout bounds the look at one mapping.
const idleTimeout = time.Second

// knownMappings are all mappings, by UUID. One that is on its way to another state is not idle.
func (s *Service) knownMappings() []knownMapping {
	s.mu.Lock()
	mappings := slices.Collect(maps.Values(s.mappings))
	s.mu.Unlock()
	out := make([]knownMapping, 0, len(mappings))
	for _, m := range mappings {
		out = append(out, m.known())
	}
	slices.SortFunc(out, func(a, b knownMapping) int { return strings.Compare(a.UUID, b.UUID) })
	return out
}

func (m *mapping) known() knownMapping {
	c := m.snapshot()
	out := knownMapping{UUID: c.UUID, Source: c.EventSourceArn, Function: c.FunctionArn, State: c.State, Checkpoints: eventsource.Checkpoints{}}
	if !m.step.TryLock() {
		return out
	}
	poller, marks := m.poller, m.marks
	m.step.Unlock()
	switch {
	case poller != nil:
		ctx, cancel := context.WithTimeout(context.Background(), idleTimeout)
		defer cancel()
		idle, err := poller.Idle(ctx)
		out.Idle, out.Checkpoints = err == nil && idle, poller.Checkpoints()
	case c.State == stateDisabled:
		out.Idle, out.Checkpoints = true, maps.Clone(marks)
	}
	return out
}
