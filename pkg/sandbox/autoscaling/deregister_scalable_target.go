package autoscaling

import "context"

// DeregisterScalableTarget deletes a target with its policies; the desired count stays.
func (s *Service) DeregisterScalableTarget(_ context.Context, in Target) (struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.targets[in] == nil {
		return struct{}{}, noTarget(in)
	}
	delete(s.targets, in)
	return struct{}{}, nil
}
