package cloudformation

import (
	"context"
	"slices"
	"strings"
)

func (s *Service) deleteStack(_ context.Context, f form) (any, error) {
	name, err := stackReference(f)
	if err != nil {
		return nil, err
	}
	if f.text("DeletionMode") == "FORCE_DELETE_STACK" {
		return nil, validationError("DeletionMode FORCE_DELETE_STACK is not supported by this emulator")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, ok := s.find(name)
	if !ok || !st.deleted.IsZero() || st.status == deleteInProgress {
		return nil, nil // deleting what is not there succeeds
	}
	retain := f.list("RetainResources")
	if err := s.cannotDelete(st, retain); err != nil {
		return nil, err
	}
	if text := s.exportsInUse(st); text != "" {
		s.stackEvent(st, st.status, text)
		return nil, nil
	}
	st.settings.token = f.text("ClientRequestToken")
	s.beginDelete(st, retain)
	return nil, nil
}

func (s *Service) cannotDelete(st *stack, retain []string) error {
	switch {
	case s.closed:
		return errClosing
	case st.terminationProtected:
		return validationError("Stack [%s] cannot be deleted while TerminationProtection is enabled", st.name)
	case inProgress(st.status) && st.status != createInProgress:
		return validationError("Stack [%s] cannot be deleted while in status %s", st.id, st.status)
	case len(retain) > 0 && st.status != deleteFailed:
		return validationError("Invalid operation on stack [%s]. Specify which resources to retain only when the stack is in the DELETE_FAILED state.", st.id)
	}
	for _, id := range retain {
		if st.resources[id] == nil {
			return validationError("Resource %s does not exist for stack %s", clip(id), st.name)
		}
	}
	return nil
}

// exportsInUse is why a stack stays: another one imports from it. AWS accepts the call and cancels the deletion.
func (s *Service) exportsInUse(st *stack) string {
	for _, o := range st.outputs {
		if o.exportName == "" {
			continue
		}
		if users := s.importers(o.exportName); users != nil {
			return "Delete canceled. Cannot delete export " + o.exportName + " as it is in use by " + strings.Join(users, ", ") + "."
		}
	}
	return ""
}

// beginDelete starts the deletion of a stack; a creation that runs is cancelled and waited for first. s.mu is held.
func (s *Service) beginDelete(st *stack, retain []string) {
	running := st.settled
	if st.cancel != nil {
		st.cancel()
	}
	s.stackEvent(st, deleteInProgress, "User Initiated")
	s.start(st, func(ctx, _ context.Context) {
		if running != nil {
			<-running
		}
		s.runDelete(ctx, st, func(r *resource) bool {
			return deletes(r) && !slices.Contains(retain, r.logicalID)
		})
	})
}
