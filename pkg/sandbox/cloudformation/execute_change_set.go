package cloudformation

import "context"

func (s *Service) executeChangeSet(_ context.Context, f form) (any, error) {
	disable, err := f.boolean("DisableRollback")
	if err != nil {
		return nil, err
	}
	retain, err := f.boolean("RetainExceptOnCreate")
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, cs, err := s.findChangeSet(f.text("ChangeSetName"), f.text("StackName"))
	if err != nil {
		return nil, err
	}
	if st.repeated(f.text("ClientRequestToken"), "ExecuteChangeSet "+cs.id) {
		return nil, nil
	}
	if cs.parent != nil {
		return nil, validationError("Operation is not permitted on a nested change set. Execute the root change set [%s] instead.", cs.rootID())
	}
	if cs.execution != executionAvailable {
		return nil, cannotExecute(st, cs)
	}
	if inProgress(st.status) || cs.typ == "UPDATE" && !updatable(st.status) {
		return nil, validationError("Stack:%s is in %s state and can not be updated.", st.id, st.status)
	}
	set := cs.settings
	set.disableRollback, set.retainExceptCreate, set.onFailure = disable, retain, cs.onStackFailure
	if set.onFailure == "DO_NOTHING" {
		set.disableRollback = true
	}
	set.token = f.text("ClientRequestToken")
	if set.token != "" {
		defer func() { st.remember(set.token, "ExecuteChangeSet "+cs.id) }()
	}
	if err := s.execute(st, cs, submission{template: cs.template, settings: set, sources: cs.sources, prepared: cs}); err != nil {
		return nil, err
	}
	return nil, nil
}

// execute starts what a change set prepared and drops the stack's other change sets, which are about a stack that is no more.
// s.mu is held.
func (s *Service) execute(st *stack, cs *changeSet, sub submission) error {
	var err error
	if cs.typ == "CREATE" {
		err = s.beginCreate(st, sub)
	} else {
		err = s.beginUpdate(st, sub)
	}
	if err != nil {
		return err
	}
	return nil
}

func cannotExecute(st *stack, cs *changeSet) error {
	if cs.status == setFailed {
		return invalidChangeSetStatus("ChangeSet [%s] cannot be executed in its current status of [%s]", cs.id, cs.status)
	}
	return invalidChangeSetStatus("ChangeSet [%s] cannot be executed in its current execution status of [%s]", cs.id, cs.executionStatus(st))
}
