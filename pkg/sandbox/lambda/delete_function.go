package lambda

import "context"

// DeleteFunction deletes a function; running invocations end. Event source mappings that call it stay, as on AWS, and
// report failed calls.
func (s *Service) DeleteFunction(_ context.Context, name string) error {
	s.changes.Lock()
	defer s.changes.Unlock()
	s.mu.Lock()
	f, e := s.find(name)
	if e != nil {
		s.mu.Unlock()
		return e
	}
	if s.closed {
		s.mu.Unlock()
		return errClosed
	}
	delete(s.functions, f.config.FunctionName)
	s.retired[f.pool] = f.taskRoot
	s.mu.Unlock()
	s.retire(f.pool, f.taskRoot)
	return nil
}
