package cloudformation

import "context"

func (s *Service) updateStack(ctx context.Context, f form) (any, error) {
	name, err := stackReference(f)
	if err != nil {
		return nil, err
	}
	sub, err := s.readSubmission(ctx, f)
	if err != nil {
		return nil, err
	}
	if err := s.settleFor(ctx, &sub, name, true); err != nil {
		return nil, err
	}
	if err := s.foresee(ctx, name, sub); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, ok := s.find(name)
	if !ok || !st.deleted.IsZero() {
		return nil, validationError("Stack [%s] does not exist", clip(name))
	}
	if st.repeated(sub.settings.token, "UpdateStack") {
		return stackIDResult{st.id}, nil
	}
	if err := cannotUpdate(st); err != nil {
		return nil, err
	}
	p, err := s.plan(intent{st: st, t: sub.template, set: sub.settings, sources: sub.sources})
	if err != nil {
		return nil, err
	}
	if p.empty() {
		return nil, validationError("No updates are to be performed.")
	}
	if err := s.beginUpdate(st, sub); err != nil {
		return nil, err
	}
	return stackIDResult{st.id}, nil
}

func cannotUpdate(st *stack) error {
	if updatable(st.status) {
		return nil
	}
	return validationError("Stack:%s is in %s state and can not be updated.", st.id, st.status)
}

// beginUpdate starts the update of a stack. s.mu is held.
func (s *Service) beginUpdate(st *stack, sub submission) error {
	if s.closed {
		return errClosing
	}
	d, err := s.open(st, sub)
	if err != nil {
		return err
	}
	st.remember(sub.settings.token, "UpdateStack")
	s.start(st, d.runUpdate)
	return nil
}
