package cloudformation

import "context"

type createChangeSetResult struct {
	ID      string `xml:"Id"`
	StackID string `xml:"StackId"`
}

func (s *Service) createChangeSet(ctx context.Context, f form) (any, error) {
	cs, err := readChangeSet(f)
	if err != nil {
		return nil, err
	}
	name, err := stackReference(f)
	if err != nil {
		return nil, err
	}
	sub, err := s.readSubmission(ctx, f)
	if err != nil {
		return nil, err
	}
	if cs.typ == "CREATE" {
		if sub.template == nil {
			return nil, validationError("Either Template URL or Template Body must be specified.")
		}
		err = s.settle(ctx, &sub, nil)
	} else {
		err = s.settleFor(ctx, &sub, name)
	}
	if err != nil {
		return nil, err
	}
	cs.template, cs.settings = sub.template, sub.settings
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.stackForChangeSet(cs, name)
	if err != nil {
		return nil, err
	}
	s.prepare(st, cs)
	return createChangeSetResult{cs.id, st.id}, nil
}

func readChangeSet(f form) (*changeSet, error) {
	cs := &changeSet{name: f.text("ChangeSetName"), typ: f.text("ChangeSetType"), description: f.text("Description"), onStackFailure: f.text("OnStackFailure")}
	if len(cs.name) > 128 || !changeSetNamePattern.MatchString(cs.name) {
		return nil, constraint(cs.name, "changeSetName", "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*")
	}
	if len(cs.description) > 1024 {
		return nil, constraint(cs.description, "description", "have length less than or equal to 1024")
	}
	if cs.typ == "" {
		cs.typ = "UPDATE"
	}
	if cs.typ == "IMPORT" {
		return nil, validationError("ChangeSetType IMPORT is not supported by this emulator")
	}
	if cs.typ != "CREATE" && cs.typ != "UPDATE" {
		return nil, constraint(cs.typ, "changeSetType", "satisfy enum value set: [IMPORT, UPDATE, CREATE]")
	}
	var err error
	cs.includeNested, err = f.boolean("IncludeNestedStacks")
	return cs, err
}

// stackForChangeSet finds the stack, or makes the one in REVIEW_IN_PROGRESS that a first change set needs. s.mu is held.
func (s *Service) stackForChangeSet(cs *changeSet, name string) (*stack, error) {
	if s.closed {
		return nil, errClosing
	}
	st, ok := s.find(name)
	ok = ok && st.deleted.IsZero()
	switch {
	case ok && cs.typ == "CREATE" && st.status != reviewInProgress:
		return nil, validationError("Stack [%s] already exists and cannot be created again with the changeSet [%s].", st.name, cs.name)
	case !ok && cs.typ == "UPDATE":
		return nil, validationError("Stack [%s] does not exist", clip(name))
	case ok && cs.typ == "UPDATE":
		if err := cannotUpdate(st); err != nil {
			return nil, err
		}
	case !ok:
		if !stackNamePattern.MatchString(name) || len(name) > maxStackName {
			return nil, constraint(name, "stackName", "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*")
		}
		fresh, err := s.newStack(name)
		if err != nil {
			return nil, err
		}
		st = fresh
		s.stackEvent(st, reviewInProgress, "User Initiated")
	}
	for _, other := range st.changeSets {
		if other.name == cs.name && other.execution != executionComplete && other.execution != executionRunning {
			return nil, alreadyExists("ChangeSet %s already exists", cs.name)
		}
	}
	if len(st.changeSets) >= maxChangeSets {
		return nil, limitExceeded("ChangeSet limit exceeded for stack %s", st.name)
	}
	return st, nil
}

// prepare works the change set out. It is ready before the call is answered, so that the first poll of a waiter finds it
// complete. s.mu is held.
func (s *Service) prepare(st *stack, cs *changeSet) {
	cs.id = s.arn("changeSet/" + cs.name + "/" + s.newID())
	cs.stackID, cs.stackName, cs.created = st.id, st.name, s.now()
	cs.status, cs.execution = setFailed, executionUnavailable
	st.changeSets[cs.id] = cs
	p, err := s.plan(st, cs.template, cs.settings)
	switch {
	case err != nil:
		cs.reason = reasonText(err)
	case p.empty():
		cs.reason = noChangesReason
	default:
		cs.plan, cs.status, cs.execution = p, setComplete, executionAvailable
	}
}
