package cloudformation

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// existing are the resources of a stack that have something physical.
func (s *Service) existing(st *stack) []*resource {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*resource
	for _, r := range st.sortedResources() {
		if r.exists() {
			out = append(out, r)
		}
	}
	return out
}

// forgetUnmade marks the records of resources that never came about.
func (st *stack) forgetUnmade() {
	for id, r := range st.resources {
		if r.physicalID == "" {
			gone := *r
			gone.status, gone.reason = deleteComplete, ""
			st.resources[id] = &gone
		}
	}
}

// removeAll deletes resources, each after those that depend on it, and skips those that drop does not name. A failure
// leaves what the resource depends on in place; everything else goes on. It returns the logical ids that failed.
func (s *Service) removeAll(ctx context.Context, st *stack, resources []*resource, drop func(*resource) bool) []string {
	byID := make(map[string]*resource, len(resources))
	dependsOn := make(map[string][]string, len(resources))
	for _, r := range resources {
		byID[r.logicalID], dependsOn[r.logicalID] = r, r.dependsOn
	}
	failed := graphRun{
		nodes: slices.Sorted(maps.Keys(byID)), dependsOn: reversed(dependsOn),
		do: func(ctx context.Context, id string) error { return s.remove(ctx, st, byID[id], drop) },
	}.run(ctx)
	return slices.Sorted(maps.Keys(failed))
}

func (s *Service) remove(ctx context.Context, st *stack, r *resource, drop func(*resource) bool) error {
	if !drop(r) {
		s.do(func() { s.record(st, r, deleteSkipped, "") })
		return nil
	}
	s.do(func() { s.record(st, r, deleteInProgress, "") })
	err := s.removePhysical(ctx, st, r, drop)
	if err != nil && !isNotFound(err) {
		s.do(func() { s.record(st, r, deleteFailed, handlerReason(err, s.newID())) })
		return err
	}
	s.do(func() { s.record(st, r, deleteComplete, "") })
	return nil
}

func (s *Service) removePhysical(ctx context.Context, st *stack, r *resource, drop func(*resource) bool) error {
	if r.typ == stackResourceType {
		return s.removeNested(ctx, r, drop)
	}
	req := Request{
		Type: r.typ, LogicalID: r.logicalID, StackName: st.name, StackID: st.id, PhysicalID: r.physicalID, Properties: r.properties,
	}
	p := s.provisioners[r.typ]
	if keeper, ok := p.(Snapshotter); ok && r.deletion == policySnapshot {
		if err := keeper.Snapshot(ctx, req); err != nil && !isNotFound(err) {
			return err
		}
	}
	return p.Delete(ctx, req)
}

// record tells what happens to a physical resource. The stack's record changes only where it is about the same one:
// a replaced resource is removed while its successor lives under the same logical id. s.mu is held.
func (s *Service) record(st *stack, r *resource, status, reason string) {
	next := *r
	if current := st.resources[r.logicalID]; current != nil && current.physicalID == r.physicalID {
		st.resources[r.logicalID] = &next
	}
	s.resourceEvent(st, &next, status, reason)
}

// runDelete is the life of a stack's deletion, from DELETE_IN_PROGRESS on.
func (s *Service) runDelete(ctx context.Context, st *stack, drop func(*resource) bool) {
	failed := s.removeAll(ctx, st, s.existing(st), drop)
	if ctx.Err() != nil {
		return
	}
	s.do(func() {
		if failed != nil {
			s.stackEvent(st, deleteFailed, deleteFailureText(failed))
			return
		}
		st.forgetUnmade()
		st.outputs, st.imports = nil, nil
		s.bury(st)
		s.stackEvent(st, deleteComplete, "")
	})
}

func deleteFailureText(failed []string) string {
	return fmt.Sprintf("The following resource(s) failed to delete: [%s]. ", strings.Join(failed, ", "))
}
