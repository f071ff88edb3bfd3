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
	sources                   *sources
	token                     string // ClientToken
	parent                    *changeSet
	children                  map[string]*changeSet // of nested stacks, by logical id
}

// child is the change set of a nested stack; nil of nil.
func (cs *changeSet) child(logicalID string) *changeSet {
	if cs == nil {
		return nil
	}
	return cs.children[logicalID]
}

// rootID is the id of the change set that nests all others; empty for one that neither nests nor is nested.
func (cs *changeSet) rootID() string {
	root := cs
	for root.parent != nil {
		root = root.parent
	}
	if root == cs && cs.children == nil {
		return ""
	}
	return root.id
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

// take makes a change set, where there is one, the executed one of a stack, and drops all others: they are about a stack that
// is no more. Service.mu is held.
func (s *Service) take(st *stack, cs *changeSet) {
	for _, other := range st.changeSets {
		if other != cs {
			s.drop(other)
		}
	}
	if cs != nil {
		cs.execution, st.changeSetID = executionRunning, cs.id
		st.changeSets[cs.id] = cs
	}
}

// drop forgets a change set with those of nested stacks, and nested stacks that were registered for it only. Service.mu is held.
func (s *Service) drop(cs *changeSet) {
	if st := s.stacks[cs.stackID]; st != nil {
		delete(st.changeSets, cs.id)
		if cs.parent != nil && st.status == reviewInProgress {
			s.bury(st)
			s.stackEvent(st, deleteComplete, "")
		}
	}
	for _, child := range cs.children {
		s.drop(child)
	}
}

// forgetReserved drops nested stacks that a change set registered and that its execution did not come to.
func (d *deployment) forgetReserved() {
	d.svc.mu.Lock()
	defer d.svc.mu.Unlock()
	if d.svc.closed {
		return
	}
	d.prepared.walk(func(cs *changeSet) {
		if st := d.svc.stacks[cs.stackID]; cs.parent != nil && st != nil && st.status == reviewInProgress {
			d.svc.drop(cs)
		}
	})
}

// walk visits a change set and those of nested stacks.
func (cs *changeSet) walk(visit func(*changeSet)) {
	if cs == nil {
		return
	}
	for _, child := range cs.children {
		child.walk(visit)
	}
	visit(cs)
}
