package cloudformation

import "context"

func (s *Service) cancelUpdateStack(_ context.Context, f form) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.named(f, "Stack [%s] does not exist")
	if err != nil {
		return nil, err
	}
	if st.status != updateInProgress || st.abort == nil || st.parent != "" {
		return nil, validationError("CancelUpdateStack cannot be called from current stack status")
	}
	st.abort(errUserInitiated)
	return nil, nil
}
