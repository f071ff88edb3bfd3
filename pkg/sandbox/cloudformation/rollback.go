package cloudformation

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// runCreate is the life of a stack's creation.
func (d *deployment) runCreate(ctx context.Context) {
	err := d.apply(ctx)
	if ctx.Err() != nil {
		return // the service closes: the stack stays as it is
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

// runUpdate is the life of a stack's update.
func (d *deployment) runUpdate(ctx context.Context, previous *template, before settings) {
	err := d.apply(ctx)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		if d.set.disableRollback {
			d.svc.do(func() { d.svc.stackEvent(d.st, updateFailed, err.Error()) })
			return
		}
		d.svc.do(func() { d.svc.stackEvent(d.st, updateRollbackInProgress, err.Error()) })
		d.rollBackUpdate(ctx, previous, before)
		return
	}
	gone := d.unwanted()
	d.svc.do(func() {
		d.st.updated = d.svc.now()
		d.svc.stackEvent(d.st, updateCleanup, "")
	})
	failed := d.cleanUp(ctx, gone)
	if ctx.Err() != nil {
		return
	}
	d.svc.do(func() {
		reason := ""
		if failed != nil {
			reason = "Update successful. One or more resources could not be deleted."
		}
		d.svc.stackEvent(d.st, updateComplete, reason)
	})
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
	replaced := d.svc.removeAll(ctx, d.st, d.replaced, func(r *resource) bool { return r.updateReplace == policyDelete })
	dropped := d.svc.removeAll(ctx, d.st, gone, func(r *resource) bool { return r.deletion == policyDelete })
	return append(replaced, dropped...)
}

// rollBackUpdate brings back the resources as they were, then removes what the update made.
func (d *deployment) rollBackUpdate(ctx context.Context, previous *template, before settings) {
	made, undoable := d.made()
	d.svc.do(func() { d.st.template, d.st.settings = previous, withToken(before, d.set.token) })
	undone := graphRun{nodes: undoable, dependsOn: previous.dependencies(), do: d.undo}.run(ctx)
	if ctx.Err() != nil {
		return
	}
	if len(undone) > 0 {
		ids := slices.Sorted(maps.Keys(undone))
		d.svc.do(func() {
			d.svc.stackEvent(d.st, updateRollbackFailed, "The following resource(s) failed to update: ["+strings.Join(ids, ", ")+"]. ")
		})
		return
	}
	d.svc.do(func() { d.svc.stackEvent(d.st, updateRollbackCleanup, "") })
	failed := d.svc.removeAll(ctx, d.st, made, d.dropRule())
	if ctx.Err() != nil {
		return
	}
	d.svc.do(func() {
		d.st.forgetUnmade()
		reason := ""
		if failed != nil {
			reason = "One or more resources could not be deleted."
		}
		d.svc.stackEvent(d.st, updateRollbackComplete, reason)
	})
}

func withToken(s settings, token string) settings {
	s.token = token
	return s
}

// made are the physical resources this update brought about, whole or half; undoable are the logical ids that existed
// before and were touched.
func (d *deployment) made() (made []*resource, undoable []string) {
	d.svc.mu.Lock()
	defer d.svc.mu.Unlock()
	for _, id := range unique(d.touched) {
		old, current := d.before[id], d.st.resources[id]
		if old != nil && old.exists() {
			undoable = append(undoable, id)
		} else {
			old = nil
		}
		if current.exists() && (old == nil || current.physicalID != old.physicalID) {
			made = append(made, current)
		}
	}
	return append(made, d.halves...), undoable
}

// undo brings one resource back: a replaced one by pointing at the old physical resource again, a changed one by an update.
func (d *deployment) undo(ctx context.Context, id string) error {
	var old, current resource
	d.svc.do(func() { old, current = *d.before[id], *d.st.resources[id] })
	d.svc.do(func() {
		d.st.resources[id] = &old
		d.svc.resourceEvent(d.st, &old, updateInProgress, "")
	})
	if current.physicalID == old.physicalID && len(changedProperties(old.properties, current.properties)) > 0 {
		req := Request{
			Type: old.typ, LogicalID: id, StackName: d.st.name, StackID: d.st.id, PhysicalID: old.physicalID,
			Properties: old.properties, OldProperties: current.properties,
		}
		if _, err := d.provisioner(old.typ).Update(ctx, req); err != nil {
			failed := old
			d.svc.do(func() {
				d.st.resources[id] = &failed
				d.svc.resourceEvent(d.st, &failed, updateFailed, handlerReason(err, d.svc.newID()))
			})
			return err
		}
	}
	restored := old
	d.svc.do(func() {
		d.st.resources[id] = &restored
		d.svc.resourceEvent(d.st, &restored, updateComplete, "")
	})
	return nil
}
