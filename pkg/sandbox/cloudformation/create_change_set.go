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
		err = s.settle(ctx, &sub, settling{name: name})
	} else {
		err = s.settleFor(ctx, &sub, name, false)
	}
	if err != nil {
		return nil, err
	}
	cs.template, cs.settings, cs.sources = sub.template, sub.settings, sub.sources
	early := s.validateEarly(ctx, name, sub)
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.stackForChangeSet(cs, name)
	if err != nil {
		return nil, err
	}
	if again := st.sameRequest(cs); again != nil {
		return createChangeSetResult{again.id, st.id}, nil
	}
	s.prepare(st, cs, early)
	return createChangeSetResult{cs.id, st.id}, nil
}

// validateEarly reads the whole tree and refuses, before anything is touched, what would fail while it is made.
func (s *Service) validateEarly(ctx context.Context, name string, sub submission) error {
	r, err := s.readTree(ctx, name, sub)
	if err != nil {
		return err
	}
	return r.refusal()
}

// sameRequest is the change set that the same request made before, told by its ClientToken.
func (st *stack) sameRequest(cs *changeSet) *changeSet {
	for _, other := range st.changeSets {
		if other.name == cs.name && cs.token != "" && other.token == cs.token {
			return other
		}
	}
	return nil
}

func readChangeSet(f form) (*changeSet, error) {
	cs := &changeSet{name: f.text("ChangeSetName"), typ: f.text("ChangeSetType"), description: f.text("Description"), onStackFailure: f.text("OnStackFailure"), token: f.text("ClientToken")}
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
		if other.name == cs.name && other.execution != executionComplete && other.execution != executionRunning && st.sameRequest(cs) == nil {
			return nil, alreadyExists("ChangeSet %s already exists", cs.name)
		}
	}
	if len(st.changeSets) >= maxChangeSets {
		return nil, limitExceeded("ChangeSet limit exceeded for stack %s", st.name)
	}
	return st, nil
}

// prepare works the change set out, with those of nested stacks where the request wants them. It is ready before the call is
// answered, so that the first poll of a waiter finds it complete. s.mu is held.
func (s *Service) prepare(st *stack, cs *changeSet, early error) {
	s.register(st, cs)
	if early != nil {
		cs.reason = reasonText(early)
		return
	}
	p, err := s.plan(intent{st: st, t: cs.template, set: cs.settings, sources: cs.sources})
	switch {
	case err != nil:
		cs.reason = reasonText(err)
	case p.empty():
		cs.reason = noChangesReason
	default:
		cs.plan, cs.status, cs.execution = p, setComplete, executionAvailable
		if cs.includeNested {
			s.prepareNested(st, cs)
		}
	}
}

func (s *Service) register(st *stack, cs *changeSet) {
	cs.id = s.arn("changeSet/" + cs.name + "/" + s.newID())
	cs.stackID, cs.stackName, cs.created = st.id, st.name, s.now()
	cs.status, cs.execution = setFailed, executionUnavailable
	st.changeSets[cs.id] = cs
}

// prepareNested makes the change sets of the nested stacks that change; one that is still to be made is registered for it.
func (s *Service) prepareNested(st *stack, cs *changeSet) {
	for _, c := range cs.plan.changes {
		n := c.nested
		if n == nil {
			continue
		}
		child := n.st
		typ := "UPDATE"
		if child == nil {
			fresh, err := s.newNested(st, Request{StackName: st.name, LogicalID: c.logicalID})
			if err != nil {
				cs.status, cs.execution, cs.reason = setFailed, executionUnavailable, reasonText(err)
				return
			}
			child, typ = fresh, "CREATE"
			s.stackEvent(child, reviewInProgress, "User Initiated")
		}
		set := &changeSet{
			name: PhysicalName(Request{StackName: cs.name, LogicalID: c.logicalID}, maxStackName), typ: typ, template: n.template, settings: n.settings,
			plan: n.plan, includeNested: true, sources: cs.sources, parent: cs,
		}
		s.register(child, set)
		set.status, set.execution = setComplete, executionAvailable
		if n.plan.empty() {
			set.status, set.execution, set.reason = setFailed, executionUnavailable, noChangesReason
		}
		if cs.children == nil {
			cs.children = map[string]*changeSet{}
		}
		cs.children[c.logicalID] = set
		s.prepareNested(child, set)
	}
}
