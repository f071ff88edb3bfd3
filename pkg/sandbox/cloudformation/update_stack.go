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
	if err := s.settleFor(ctx, &sub, name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, ok := s.find(name)
	if !ok || !st.deleted.IsZero() {
		return nil, validationError("Stack [%s] does not exist", clip(name))
	}
	if err := cannotUpdate(st); err != nil {
		return nil, err
	}
	p, err := s.plan(st, sub.template, sub.settings)
	if err != nil {
		return nil, err
	}
	if p.empty() {
		return nil, validationError("No updates are to be performed.")
	}
	if err := s.beginUpdate(st, sub, p); err != nil {
		return nil, err
	}
	clear(st.changeSets) // they are about a stack that is no more
	return stackIDResult{st.id}, nil
}

func cannotUpdate(st *stack) error {
	if updatable(st.status) {
		return nil
	}
	return validationError("Stack:%s is in %s state and can not be updated.", st.id, st.status)
}

// beginUpdate starts the update of a stack. s.mu is held.
func (s *Service) beginUpdate(st *stack, sub submission, p plan) error {
	if s.closed {
		return errClosing
	}
	d, err := s.newDeployment(st, sub.template, sub.settings, true)
	if err != nil {
		return err
	}
	previous, before := st.template, st.settings
	st.template, st.settings = sub.template, sub.settings
	for name := range p.imported {
		st.imports[name] = true // until the update is done, what the old template imports counts, too
	}
	st.updated = s.now()
	s.stackEvent(st, updateInProgress, "User Initiated")
	s.start(st, func(ctx context.Context) { d.runUpdate(ctx, previous, before) })
	return nil
}
