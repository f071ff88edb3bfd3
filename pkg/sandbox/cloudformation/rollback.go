package cloudformation

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
)

// runCreate is the life of a stack's creation.
func (d *deployment) runCreate(ctx, applying context.Context) {
	defer d.forgetReserved()
	err := d.apply(applying)
	if ctx.Err() != nil {
		return // the service closes, or the stack is being deleted: it stays as it is
	}
	if err == nil {
		d.svc.do(func() { d.svc.stackEvent(d.st, createComplete, "") })
		return
	}
	action := d.set.onFailure
	if d.set.disableRollback {
		action = "DO_NOTHING"
	}
	switch action {
	case "DO_NOTHING":
		d.svc.do(func() { d.svc.stackEvent(d.st, createFailed, err.Error()) })
	case "DELETE":
		d.svc.do(func() { d.svc.stackEvent(d.st, deleteInProgress, sentence(err)+"Delete requested by user.") })
		d.svc.runDelete(ctx, d.st, d.dropRule())
	default:
		d.svc.do(func() { d.svc.stackEvent(d.st, rollbackInProgress, sentence(err)+"Rollback requested by user.") })
		d.rollBackCreate(ctx)
	}
}

// sentence makes a cause the beginning of a longer reason.
func sentence(err error) string {
	text := strings.TrimSpace(err.Error())
	return strings.TrimSuffix(text, ".") + ". "
}

// rollBackCreate removes what a failed creation made.
func (d *deployment) rollBackCreate(ctx context.Context) {
	failed := d.svc.removeAll(ctx, d.st, d.svc.existing(d.st), d.dropRule())
	if ctx.Err() != nil {
		return
	}
	d.svc.do(func() {
		d.st.forgetUnmade()
		if failed != nil {
			d.svc.stackEvent(d.st, rollbackFailed, deleteFailureText(failed))
			return
		}
		d.svc.stackEvent(d.st, rollbackComplete, "")
	})
}

// dropRule says what a rollback removes of what its operation made: a plain Retain keeps even that, except where the
// request says RetainExceptOnCreate.
func (d *deployment) dropRule() func(*resource) bool {
	return func(r *resource) bool { return r.deletion != policyRetain || d.set.retainExceptCreate }
}

// deletes says whether a resource goes with its stack.
func deletes(r *resource) bool { return r.deletion == policyDelete || r.deletion == policySnapshot }

// runUpdate is the life of a stack's update.
func (d *deployment) runUpdate(ctx, applying context.Context) {
	defer d.forgetReserved()
	err := d.apply(applying)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		if d.set.disableRollback && !errors.Is(err, errUserInitiated) {
			d.svc.do(func() { d.svc.stackEvent(d.st, updateFailed, err.Error()) })
			return
		}
		d.svc.do(func() { d.svc.stackEvent(d.st, updateRollbackInProgress, err.Error()) })
		d.rollBackUpdate(ctx, nil)
		return
	}
	d.svc.do(func() {
		d.st.updated = d.svc.now()
		d.svc.stackEvent(d.st, updateCleanup, "")
	})
	d.finish(ctx)
}

// finish removes what an update that made everything replaced or dropped, here and in nested stacks.
func (d *deployment) finish(ctx context.Context) {
	d.finishNested(ctx)
	failed := d.cleanUp(ctx, d.unwanted())
	if ctx.Err() != nil {
		return
	}
	d.svc.do(func() {
		reason := ""
		if failed != nil {
			reason = "Update successful. One or more resources could not be deleted."
		}
		d.st.pending = nil
		d.svc.stackEvent(d.st, updateComplete, reason)
	})
}

// finishNested ends the updates of nested stacks, whichever way they went.
func (d *deployment) finishNested(ctx context.Context) {
	var waiting []*deployment
	d.svc.do(func() {
		for _, r := range d.st.sortedResources() {
			if st := d.svc.stacks[r.physicalID]; r.typ == stackResourceType && st != nil && st.pending != nil {
				waiting = append(waiting, st.pending)
			}
		}
	})
	for _, child := range waiting {
		var status string
		d.svc.do(func() { status = child.st.status })
		switch status {
		case updateCleanup:
			child.finish(ctx)
		case updateRollbackCleanup:
			child.finishRollback(ctx)
		}
	}
}

// unwanted are the records of resources the template no longer asks for.
func (d *deployment) unwanted() []*resource {
	d.svc.mu.Lock()
	defer d.svc.mu.Unlock()
	wanted := d.wantedIDs()
	var out []*resource
	for _, r := range d.st.sortedResources() {
		if r.exists() && !slices.Contains(wanted, r.logicalID) {
			out = append(out, r)
		}
	}
	return out
}

// cleanUp removes what an update left over: first what was replaced, then what the template dropped.
func (d *deployment) cleanUp(ctx context.Context, gone []*resource) []string {
	replaced := d.svc.removeAll(ctx, d.st, d.replaced, func(r *resource) bool { return r.updateReplace != policyRetain })
	dropped := d.svc.removeAll(ctx, d.st, gone, deletes)
	return append(replaced, dropped...)
}

// undoing is what a rollback of an update has to do.
type undoing struct {
	made     []*resource          // physical resources that the update brought about, whole or half
	undoable []string             // logical ids that existed before and were touched
	reached  map[string]*resource // how far the update came with those
}

// rollBackUpdate brings back the resources as they were, then removes what the update made. Those in skip are taken to be as they were.
func (d *deployment) rollBackUpdate(ctx context.Context, skip []string) {
	if !d.restore(ctx, skip) {
		return
	}
	d.finishRollback(ctx)
}

// restore brings back the resources as they were, and says whether it could.
func (d *deployment) restore(ctx context.Context, skip []string) bool {
	d.svc.do(func() {
		if d.undone == nil {
			d.undone = d.toUndo()
		}
		d.st.template, d.st.settings = d.previous, withToken(d.earlier, d.set.token)
	})
	failed := graphRun{nodes: d.undone.undoable, dependsOn: d.previous.dependencies(), do: func(ctx context.Context, id string) error {
		return d.undo(ctx, id, skip)
	}}.run(ctx)
	if ctx.Err() != nil {
		return false
	}
	d.svc.mu.Lock()
	defer d.svc.mu.Unlock()
	if len(failed) > 0 {
		d.st.pending = d
		ids := slices.Sorted(maps.Keys(failed))
		d.svc.stackEvent(d.st, updateRollbackFailed, "The following resource(s) failed to update: ["+strings.Join(ids, ", ")+"]. ")
		return false
	}
	if outputs, err := d.previousOutputs(); err == nil {
		d.st.outputs = outputs
	}
	d.svc.stackEvent(d.st, updateRollbackCleanup, "")
	return true
}

// previousOutputs are the outputs as the restored resources have them. Service.mu is held.
func (d *deployment) previousOutputs() ([]output, error) {
	back, err := d.svc.newDeployment(d.st, submission{template: d.previous, settings: d.earlier, sources: d.sources}, true)
	if err != nil {
		return nil, err
	}
	outputs, err := d.previous.evaluateOutputs(back.scope)
	if err == nil {
		d.st.imports = back.scope.imported
	}
	return outputs, err
}

// finishRollback removes what the update made, here and in nested stacks.
func (d *deployment) finishRollback(ctx context.Context) {
	d.finishNested(ctx)
	failed := d.svc.removeAll(ctx, d.st, d.undone.made, d.dropRule())
	if ctx.Err() != nil {
		return
	}
	d.svc.do(func() {
		d.st.forgetUnmade()
		reason := ""
		if failed != nil {
			reason = "One or more resources could not be deleted."
		}
		d.st.pending = nil
		d.svc.stackEvent(d.st, updateRollbackComplete, reason)
	})
}

func withToken(s settings, token string) settings {
	s.token = token
	return s
}

// toUndo sorts what the update did. Service.mu is held.
func (d *deployment) toUndo() *undoing {
	out := &undoing{reached: map[string]*resource{}}
	for _, id := range unique(d.touched) {
		old, current := d.before[id], d.st.resources[id]
		if old != nil && old.exists() {
			out.undoable = append(out.undoable, id)
			out.reached[id] = current
		} else {
			old = nil
		}
		if current.exists() && (old == nil || current.physicalID != old.physicalID) {
			out.made = append(out.made, current)
		}
	}
	out.made = append(out.made, d.halves...)
	return out
}

// undo brings one resource back: a replaced one by pointing at the old physical resource again, a changed one by an update. What an
// earlier rollback brought back is left alone.
func (d *deployment) undo(ctx context.Context, id string, skip []string) error {
	var old, current resource
	done := false
	d.svc.do(func() {
		old, current = *d.before[id], *d.undone.reached[id]
		done = d.undone.reached[id].status == restored
		if !done {
			d.st.resources[id] = &old
			d.svc.resourceEvent(d.st, &old, updateInProgress, "")
		}
	})
	if done {
		return nil
	}
	var err error
	if !slices.Contains(skip, id) {
		err = d.putBack(ctx, old, current, skip)
	}
	d.svc.mu.Lock()
	defer d.svc.mu.Unlock()
	record := old
	d.st.resources[id] = &record
	if err != nil {
		d.svc.resourceEvent(d.st, &record, updateFailed, handlerReason(err, d.svc.newID()))
		return err
	}
	current.status = restored
	d.undone.reached[id] = &current
	d.svc.resourceEvent(d.st, &record, updateComplete, "")
	return nil
}

// restored marks, in undoing, a resource that a rollback is done with; no stack shows it.
const restored = "RESTORED"

// putBack gives a physical resource its old properties again.
func (d *deployment) putBack(ctx context.Context, old, current resource, skip []string) error {
	if current.physicalID != old.physicalID {
		return nil
	}
	if old.typ == stackResourceType {
		return d.svc.restoreNested(ctx, old.physicalID, skip)
	}
	if len(changedProperties(old.properties, current.properties)) == 0 {
		return nil
	}
	resolved, err := d.svc.withSecrets(ctx, old.logicalID, old.typ, old.properties)
	if err != nil {
		return err
	}
	req := Request{
		Type: old.typ, LogicalID: old.logicalID, StackName: d.st.name, StackID: d.st.id, PhysicalID: old.physicalID,
		Properties: resolved, OldProperties: current.properties, Tags: d.tags(old.logicalID),
	}
	_, err = d.provisioner(old.typ).Update(ctx, req)
	return err
}

// restoreNested rolls a nested stack's update back, as far as the root's clean-up; one that was not touched has nothing to restore.
func (s *Service) restoreNested(ctx context.Context, id string, skip []string) error {
	var child *deployment
	s.do(func() {
		st := s.stacks[id]
		if st == nil || st.pending == nil || st.status == updateRollbackCleanup {
			return
		}
		child = st.pending
		if st.status != updateRollbackInProgress {
			s.stackEvent(st, updateRollbackInProgress, "")
		}
		skip = within(st, skip)
	})
	if child == nil || child.restore(ctx, skip) {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	text := ""
	s.do(func() { text = child.st.reason })
	return &embeddedError{"Embedded stack " + id + " was not successfully updated. Currently in " + updateRollbackFailed + " with reason: " + text}
}

// within are the resources to skip that a nested stack has: NestedStackName.LogicalID.
func within(st *stack, skip []string) []string {
	var out []string
	for _, s := range skip {
		if id, ok := strings.CutPrefix(s, st.name+"."); ok {
			out = append(out, id)
		}
	}
	return out
}
