package cloudformation

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// nestedStacks makes, changes and removes the stacks behind AWS::CloudFormation::Stack resources of one deployment. It is a
// Provisioner whose work is done by deployments of their own, in the same operation as the parent's.
type nestedStacks struct{ parent *deployment }

// submission reads a nested stack's template and decides its settings.
func (n nestedStacks) submission(ctx context.Context, r Request) (submission, error) {
	d := n.parent
	sub := submission{sources: d.sources}
	address, _ := r.Properties["TemplateURL"].(string)
	t, err := d.svc.nestedTemplate(ctx, d.sources, address)
	if err != nil {
		return sub, err
	}
	in := nestedInput{t, r.Properties, d.set, r.LogicalID + "/"}
	sub.template, sub.settings, err = d.svc.nestedSettings(ctx, in, recorder{d.svc.parameters, d.sources})
	if minutes, ok := r.Properties["TimeoutInMinutes"].(int64); ok {
		sub.timeout = time.Duration(minutes) * time.Minute
	}
	sub.prepared = d.prepared.child(r.LogicalID)
	return sub, err
}

// Create makes the stack. Its id is announced as soon as there is one.
func (n nestedStacks) Create(ctx context.Context, r Request) (Result, error) {
	sub, err := n.submission(ctx, r)
	if err != nil {
		return Result{}, &embeddedError{reasonText(err)}
	}
	var child *deployment
	n.parent.svc.do(func() { child, err = n.begin(r, sub) })
	if err != nil {
		return Result{}, &embeddedError{reasonText(err)}
	}
	r.Announce(child.st.id)
	if err := child.apply(ctx); err != nil {
		return Result{PhysicalID: child.st.id}, n.createFailed(ctx, child, err)
	}
	var res Result
	n.parent.svc.do(func() {
		n.parent.svc.stackEvent(child.st, createComplete, "")
		res = child.st.result()
	})
	return res, nil
}

// createFailed tells that a nested stack was not made; the parent's rollback deletes it. A service that closes leaves it as it is.
func (n nestedStacks) createFailed(ctx context.Context, child *deployment, err error) error {
	s := n.parent.svc
	stopped := ctx.Err() != nil // the parent's; a timeout of its own does not end that
	s.do(func() {
		if s.closed {
			return
		}
		reason := err.Error()
		if stopped {
			reason = "Resource creation cancelled"
		}
		s.stackEvent(child.st, createFailed, reason)
	})
	if stopped {
		return ctx.Err()
	}
	return &embeddedError{fmt.Sprintf("Embedded stack %s was not successfully created: %s", child.st.id, err)}
}

// begin registers the stack, or takes the one that a change set did, and prepares its deployment. Service.mu is held.
func (n nestedStacks) begin(r Request, sub submission) (*deployment, error) {
	s, parent := n.parent.svc, n.parent.st
	if s.closed {
		return nil, errClosing
	}
	var st *stack
	if sub.prepared != nil {
		st = s.stacks[sub.prepared.stackID]
	}
	if st == nil || st.status != reviewInProgress {
		fresh, err := s.newNested(parent, r)
		if err != nil {
			return nil, err
		}
		st = fresh
	}
	return s.open(st, sub)
}

// newNested registers an empty stack below another one. s.mu is held.
func (s *Service) newNested(parent *stack, r Request) (*stack, error) {
	depth := 1
	for above := parent; above != nil && above.parent != ""; above = s.stacks[above.parent] {
		depth++
	}
	if depth > maxNesting {
		return nil, errTooDeeplyNested
	}
	st, err := s.newStack(PhysicalName(r, maxStackName))
	if err != nil {
		return nil, err
	}
	st.parent, st.root = parent.id, parent.id
	if parent.root != "" {
		st.root = parent.root
	}
	return st, nil
}

// result is a nested stack as its parent's resource answers for it.
func (st *stack) result() Result {
	return Result{PhysicalID: st.id, Attributes: map[string]any{"Outputs": outputValues(st.outputs)}}
}

// Update changes the stack in place. What it replaced or dropped stays until the root's update is done, so that all can be rolled back.
func (n nestedStacks) Update(ctx context.Context, r Request) (Result, error) {
	sub, err := n.submission(ctx, r)
	if err != nil {
		return Result{}, &embeddedError{reasonText(err)}
	}
	s := n.parent.svc
	var child *deployment
	s.do(func() { child, err = n.beginUpdate(r, sub) })
	if err != nil {
		return Result{}, &embeddedError{reasonText(err)}
	}
	err = child.apply(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed && ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	child.st.pending = child
	if err == nil {
		child.st.updated = s.now()
		s.stackEvent(child.st, updateCleanup, "")
		return child.st.result(), nil
	}
	return Result{}, n.updateFailed(ctx, child, err)
}

// updateFailed tells that a nested stack was not changed. It begins to roll back, which the parent's rollback ends. Service.mu is held.
func (n nestedStacks) updateFailed(ctx context.Context, child *deployment, err error) error {
	status := updateRollbackInProgress
	if n.parent.set.disableRollback {
		status = updateFailed
	}
	reason := err.Error()
	if ctx.Err() != nil {
		reason = "Resource update cancelled"
	}
	n.parent.svc.stackEvent(child.st, status, reason)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &embeddedError{fmt.Sprintf("Embedded stack %s was not successfully updated. Currently in %s with reason: %s", child.st.id, status, reason)}
}

func (n nestedStacks) beginUpdate(r Request, sub submission) (*deployment, error) {
	s := n.parent.svc
	st := s.stacks[r.PhysicalID]
	if st == nil || !st.deleted.IsZero() {
		return nil, validationError("Stack [%s] does not exist", r.PhysicalID)
	}
	if err := cannotUpdate(st); err != nil {
		return nil, err
	}
	return s.open(st, sub)
}

// Delete is done by remove, which knows what is retained.
func (nestedStacks) Delete(context.Context, Request) error {
	return errors.New("nested stacks are deleted by their parent's deployment")
}

// changesInside says whether something in a nested stack changes although nothing about it does.
func (d *deployment) changesInside(sp step) bool {
	if sp.decl.typ != stackResourceType {
		return false
	}
	d.svc.mu.Lock()
	defer d.svc.mu.Unlock()
	st, ok := d.svc.stacks[sp.old.physicalID]
	if !ok {
		return true
	}
	address, _ := sp.properties["TemplateURL"].(string)
	t := d.sources.template(address)
	if t == nil {
		return true
	}
	path := sp.id + "/"
	expanded, set, err := d.svc.nestedSettings(context.Background(), nestedInput{t, sp.properties, d.set, path}, d.sources)
	if err != nil {
		return true
	}
	p, err := d.svc.plan(intent{st: st, t: expanded, set: set, sources: d.sources, path: path})
	return err != nil || !p.empty()
}

// removeNested deletes a nested stack with all that is in it.
func (s *Service) removeNested(ctx context.Context, r *resource, drop func(*resource) bool) error {
	s.mu.Lock()
	st, ok := s.stacks[r.physicalID]
	if !ok || !st.deleted.IsZero() {
		s.mu.Unlock()
		return nil
	}
	if text := s.exportsInUse(st); text != "" {
		s.mu.Unlock()
		return &embeddedError{fmt.Sprintf("Embedded stack %s was not successfully deleted: %s", st.id, text)}
	}
	s.stackEvent(st, deleteInProgress, "User Initiated")
	s.mu.Unlock()
	s.runDelete(ctx, st, drop)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case st.status == deleteComplete:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return &embeddedError{fmt.Sprintf("Embedded stack %s was not successfully deleted: %s", st.id, st.reason)}
}
