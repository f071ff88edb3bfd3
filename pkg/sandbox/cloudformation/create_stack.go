package cloudformation

import "context"

type stackIDResult struct {
	StackID string `xml:"StackId"`
}

func (s *Service) createStack(ctx context.Context, f form) (any, error) {
	name, err := stackName(f)
	if err != nil {
		return nil, err
	}
	sub, err := s.readSubmission(ctx, f)
	if err != nil {
		return nil, err
	}
	if sub.template == nil {
		return nil, validationError("Either Template URL or Template Body must be specified.")
	}
	protect, err := f.boolean("EnableTerminationProtection")
	if err != nil {
		return nil, err
	}
	if err := s.settle(ctx, &sub, nil); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.names[name]; taken {
		return nil, alreadyExists("Stack [%s] already exists", name)
	}
	st, err := s.newStack(name)
	if err != nil {
		return nil, err
	}
	st.terminationProtected = protect
	if err := s.beginCreate(st, sub); err != nil {
		delete(s.stacks, st.id)
		delete(s.names, name)
		return nil, err
	}
	return stackIDResult{st.id}, nil
}

// beginCreate starts the creation of a stack that has nothing yet. s.mu is held.
func (s *Service) beginCreate(st *stack, sub submission) error {
	if s.closed {
		return errClosing
	}
	p, err := s.plan(st, sub.template, sub.settings)
	if err != nil {
		return err
	}
	d, err := s.newDeployment(st, sub.template, sub.settings, false)
	if err != nil {
		return err
	}
	st.template, st.settings, st.imports = sub.template, sub.settings, p.imported
	s.stackEvent(st, createInProgress, "User Initiated")
	s.start(st, d.runCreate)
	return nil
}
