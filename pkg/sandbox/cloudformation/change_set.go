package cloudformation

import "time"

// changeSet is a prepared operation. Service.mu guards it.
type changeSet struct {
	id, name, description     string
	typ                       string // CREATE or UPDATE
	status, reason, execution string
	created                   time.Time
	template                  *template
	settings                  settings
	plan                      plan
	stackID, stackName        string
	onStackFailure            string
	includeNested             bool
}

const (
	setComplete = "CREATE_COMPLETE"
	setFailed   = "FAILED"

	executionAvailable   = "AVAILABLE"
	executionUnavailable = "UNAVAILABLE"
	executionRunning     = "EXECUTE_IN_PROGRESS"
	executionComplete    = "EXECUTE_COMPLETE"
	executionFailed      = "EXECUTE_FAILED"
)

const noChangesReason = "The submitted information didn't contain changes. Submit different information to create a change set."

// findChangeSet finds one by ARN, or by name within a stack.
func (s *Service) findChangeSet(nameOrID, stackNameOrID string) (*stack, *changeSet, error) {
	if stackNameOrID == "" {
		for _, st := range s.stacks {
			if cs, ok := st.changeSets[nameOrID]; ok {
				return st, cs, nil
			}
		}
		if len(nameOrID) < len("arn:") || nameOrID[:4] != "arn:" {
			return nil, nil, validationError("StackName must be specified if ChangeSetName is not specified as an ARN.")
		}
		return nil, nil, changeSetNotFound(clip(nameOrID))
	}
	st, ok := s.find(stackNameOrID)
	if !ok {
		return nil, nil, validationError("Stack [%s] does not exist", clip(stackNameOrID))
	}
	if cs, ok := st.changeSets[nameOrID]; ok {
		return st, cs, nil
	}
	for _, cs := range st.changeSets {
		if cs.name == nameOrID {
			return st, cs, nil
		}
	}
	return nil, nil, changeSetNotFound(clip(nameOrID))
}

// executionStatus follows an executed change set's stack to its end.
func (cs *changeSet) executionStatus(st *stack) string {
	if cs.execution != executionRunning || inProgress(st.status) {
		return cs.execution
	}
	if st.status == createComplete || st.status == updateComplete {
		return executionComplete
	}
	return executionFailed
}
