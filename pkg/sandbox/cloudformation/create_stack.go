package cloudformation

import (
	"context"
	"errors"
	"strconv"
	"time"
)

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
	if sub.timeout, err = readTimeout(f); err != nil {
		return nil, err
	}
	if err := s.settle(ctx, &sub, settling{name: name, direct: true}); err != nil {
		return nil, err
	}
	if err := s.foresee(ctx, name, sub); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, taken := s.names[name]; taken {
		if s.stacks[id].repeated(sub.settings.token, "CreateStack") {
			return stackIDResult{id}, nil
		}
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
	d, err := s.open(st, sub)
	if err != nil {
		return err
	}
	st.remember(sub.settings.token, "CreateStack")
	s.start(st, d.runCreate)
	return nil
}

// open prepares the creation or, where it has a template, the update of a stack, and tells that it begins. s.mu is held.
func (s *Service) open(st *stack, sub submission) (*deployment, error) {
	update := st.template != nil
	p, unfit := s.plan(intent{st: st, t: sub.template, set: sub.settings, sources: sub.sources})
	var missing *missingExportError
	if unfit != nil && (update || !errors.As(unfit, &missing)) {
		return nil, unfit
	}
	d, err := s.newDeployment(st, sub, update)
	if err != nil {
		return nil, err
	}
	d.unfit = unfit
	st.template, st.settings, st.timeout = sub.template, sub.settings, sub.timeout
	for name := range p.imported {
		st.imports[name] = true // until an update is done, what the old template imports counts, too
	}
	status := createInProgress
	if update {
		status, st.updated = updateInProgress, s.now()
	}
	s.take(st, sub.prepared)
	st.drift = nil // what was compared is about to change
	s.stackEvent(st, status, "User Initiated")
	return d, nil
}

// foresee asks Config.Check about what is to be made. What cannot be read or does not fit a schema shows when it is made, as in AWS.
func (s *Service) foresee(ctx context.Context, name string, sub submission) error {
	r, err := s.readTree(ctx, name, sub)
	if errors.Is(err, errTooDeeplyNested) || errors.Is(err, errTreeTooLarge) {
		return err
	}
	if err != nil || r.problems != nil || r.absent != nil {
		return nil //nolint:nilerr // see above
	}
	return r.judge()
}

// readTimeout reads TimeoutInMinutes; without one a creation may take for ever.
func readTimeout(f form) (time.Duration, error) {
	text := f.text("TimeoutInMinutes")
	if text == "" {
		return 0, nil
	}
	minutes, err := strconv.Atoi(text)
	if err != nil || minutes < 1 || minutes > maxTimeoutMinutes {
		return 0, constraint(text, "timeoutInMinutes", "have value greater than or equal to 1")
	}
	return time.Duration(minutes) * time.Minute, nil
}
