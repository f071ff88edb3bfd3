package cloudformation

import "context"

func (s *Service) updateTerminationProtection(_ context.Context, f form) (any, error) {
	name, err := stackReference(f)
	if err != nil {
		return nil, err
	}
	protect, err := f.boolean("EnableTerminationProtection")
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, ok := s.find(name)
	if !ok || !st.deleted.IsZero() {
		return nil, validationError("Stack [%s] does not exist", clip(name))
	}
	st.terminationProtected = protect
	return stackIDResult{st.id}, nil
}
