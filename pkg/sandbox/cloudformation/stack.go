package cloudformation

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// stack is one stack's state. Service.mu guards every field; resources' maps are replaced, never changed in place.
type stack struct {
	id, name                  string
	status, reason            string
	created, updated, deleted time.Time
	template                  *template // nil in REVIEW_IN_PROGRESS
	settings                  settings
	resources                 map[string]*resource
	outputs                   []output
	imports                   map[string]bool // exports of other stacks it reads
	events                    []event         // oldest first
	changeSets                map[string]*changeSet
	changeSetID               string // the executed one
	terminationProtected      bool
	parent, root              string            // ids, of a nested stack
	timeout                   time.Duration     // of its creation; 0 is none
	pending                   *deployment       // a nested stack's update before its root's is done, or an update whose rollback failed
	drift                     *drift            // the last one, nil before
	tokens                    map[string]string // ClientRequestToken to the action that it was given to

	cancel  context.CancelFunc      // of the operation that runs
	abort   context.CancelCauseFunc // of the making and changing in it, before any rollback
	settled chan struct{}           // closed when that operation ends
	hold    bool                    // the next DescribeStacks waits for it
}

// settings is what a request says about a stack besides its template.
type settings struct {
	parameters         map[string]string // as given: for SSM types the name
	resolved           map[string]string // what the template sees
	tags               []tag
	capabilities       []string
	notificationARNs   []string
	roleARN            string
	disableRollback    bool
	onFailure          string // DO_NOTHING, ROLLBACK or DELETE; empty is ROLLBACK
	retainExceptCreate bool
	token              string // ClientRequestToken, repeated in events
}

type tag struct{ Key, Value string }

// resource is one logical resource of a stack.
type resource struct {
	logicalID, physicalID, typ string
	status, reason             string
	changed                    time.Time
	properties                 map[string]any
	attributes                 map[string]any
	dependsOn                  []string
	deletion, updateReplace    policy
	metadata                   any
}

// exists says whether there is something physical behind the record.
func (r *resource) exists() bool {
	return r.physicalID != "" && r.status != deleteComplete && r.status != deleteSkipped
}

// The statuses the engine sets.
const (
	createInProgress = "CREATE_IN_PROGRESS"
	createComplete   = "CREATE_COMPLETE"
	createFailed     = "CREATE_FAILED"
	updateInProgress = "UPDATE_IN_PROGRESS"
	updateComplete   = "UPDATE_COMPLETE"
	updateFailed     = "UPDATE_FAILED"
	deleteInProgress = "DELETE_IN_PROGRESS"
	deleteComplete   = "DELETE_COMPLETE"
	deleteFailed     = "DELETE_FAILED"
	deleteSkipped    = "DELETE_SKIPPED"

	reviewInProgress         = "REVIEW_IN_PROGRESS"
	updateCleanup            = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
	rollbackInProgress       = "ROLLBACK_IN_PROGRESS"
	rollbackComplete         = "ROLLBACK_COMPLETE"
	rollbackFailed           = "ROLLBACK_FAILED"
	updateRollbackInProgress = "UPDATE_ROLLBACK_IN_PROGRESS"
	updateRollbackCleanup    = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
	updateRollbackComplete   = "UPDATE_ROLLBACK_COMPLETE"
	updateRollbackFailed     = "UPDATE_ROLLBACK_FAILED"
)

func inProgress(status string) bool {
	return strings.HasSuffix(status, "_IN_PROGRESS") && status != reviewInProgress
}

// updatable says whether an update may start from a status.
func updatable(status string) bool {
	switch status {
	case createComplete, updateComplete, updateRollbackComplete, createFailed, updateFailed:
		return true
	}
	return false
}

// output is an evaluated output.
type output struct{ key, value, description, exportName string }

// find returns the stack by name or by id; a deleted one only by id.
func (s *Service) find(nameOrID string) (*stack, bool) {
	if st, ok := s.stacks[nameOrID]; ok {
		return st, true
	}
	id, ok := s.names[nameOrID]
	return s.stacks[id], ok
}

// named finds the stack that a request names; missing says, as the action words it, that it does not exist.
func (s *Service) named(f form, missing string) (*stack, error) {
	name, err := stackReference(f)
	if err != nil {
		return nil, err
	}
	if st, ok := s.find(name); ok {
		return st, nil
	}
	return nil, validationError(missing, clip(name))
}

// newStack registers an empty stack under a fresh id.
func (s *Service) newStack(name string) (*stack, error) {
	if len(s.names) >= maxStacks {
		return nil, limitExceeded("Limit for stack has been exceeded")
	}
	st := &stack{
		id: s.arn("stack/" + name + "/" + s.newID()), name: name, created: s.now(),
		resources: map[string]*resource{}, changeSets: map[string]*changeSet{}, imports: map[string]bool{},
	}
	s.stacks[st.id] = st
	s.names[name] = st.id
	return st, nil
}

// bury takes a deleted stack's name and change sets away and forgets the oldest deleted stacks.
func (s *Service) bury(st *stack) {
	delete(s.names, st.name)
	for _, cs := range st.changeSets {
		s.drop(cs)
	}
	st.deleted = s.now()
	var dead []*stack
	for _, other := range s.stacks {
		if !other.deleted.IsZero() {
			dead = append(dead, other)
		}
	}
	if len(dead) <= maxDeletedStacks {
		return
	}
	oldest := slices.MinFunc(dead, func(a, b *stack) int { return a.deleted.Compare(b.deleted) })
	delete(s.stacks, oldest.id)
}

// sortedStacks lists stacks newest first, as the list actions do.
func (s *Service) sortedStacks() []*stack {
	out := slices.Collect(maps.Values(s.stacks))
	slices.SortFunc(out, func(a, b *stack) int {
		if c := b.created.Compare(a.created); c != 0 {
			return c
		}
		return strings.Compare(a.id, b.id)
	})
	return out
}

func (st *stack) sortedResources() []*resource {
	out := make([]*resource, 0, len(st.resources))
	for _, id := range slices.Sorted(maps.Keys(st.resources)) {
		out = append(out, st.resources[id])
	}
	return out
}
