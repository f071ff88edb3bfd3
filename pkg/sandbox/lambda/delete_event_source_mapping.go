package lambda

import "context"

// DeleteEventSourceMapping deletes a mapping; its running invocations end first, meanwhile it shows Deleting.
func (s *Service) DeleteEventSourceMapping(_ context.Context, uuid string) (EventSourceMapping, error) {
	s.changes.Lock()
	defer s.changes.Unlock()
	m, err := s.findMapping(uuid)
	if err != nil {
		return EventSourceMapping{}, err
	}
	if !m.snapshot().settled() {
		return EventSourceMapping{}, mappingBusy("delete")
	}
	answer := m.change(func(c *EventSourceMapping) { c.State = stateDeleting })
	s.spawn(func() {
		m.close()
		s.forget(uuid)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.mappings, uuid)
	})
	return answer, nil
}
