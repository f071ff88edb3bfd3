package cloudformation

import (
	"context"
	"slices"
)

type detectStackDriftResult struct {
	StackDriftDetectionID string `xml:"StackDriftDetectionId"`
}

func (s *Service) detectStackDrift(_ context.Context, f form) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.named(f, "Stack [%s] does not exist")
	if err != nil {
		return nil, err
	}
	if s.closed {
		return nil, errClosing
	}
	if err := canDetect(st); err != nil {
		return nil, err
	}
	if st.drift != nil && st.drift.status == detecting {
		return nil, validationError("Drift detection is already in progress for stack [%s]", st.id)
	}
	only := f.list("LogicalResourceIds")
	var resources []*resource
	for _, r := range st.sortedResources() {
		if r.exists() && (only == nil || slices.Contains(only, r.logicalID)) {
			resources = append(resources, r)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), driftTimeout)
	d := &drift{id: s.newID(), status: detecting, began: s.now(), resources: map[string]resourceDrift{}, cancel: cancel}
	st.drift = d
	s.operations.Go(func() {
		defer cancel()
		s.detect(ctx, st, d, resources)
	})
	return detectStackDriftResult{d.id}, nil
}

// detect compares resources one after the other.
func (s *Service) detect(ctx context.Context, st *stack, d *drift, resources []*resource) {
	status, reason := detected, ""
	for _, r := range resources {
		found, err := s.compareWith(ctx, st, r)
		if err != nil {
			status, reason = detectionFails, "Failed to detect drift on resource ["+r.logicalID+"]: "+err.Error()
			continue
		}
		s.do(func() { d.resources[r.logicalID] = found })
	}
	s.do(func() { d.status, d.reason, d.ended = status, reason, s.now() })
}
