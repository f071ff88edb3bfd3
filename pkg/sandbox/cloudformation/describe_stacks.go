package cloudformation

import (
	"context"
	"maps"
	"slices"
	"time"
)

type describeStacksResult struct {
	Stacks    list[stackXML]
	NextToken string `xml:",omitempty"`
}

type stackXML struct {
	StackID                     string `xml:"StackId"`
	StackName                   string
	ChangeSetID                 string `xml:"ChangeSetId,omitempty"`
	Description                 string `xml:",omitempty"`
	Parameters                  list[parameterXML]
	CreationTime                string
	DeletionTime                string `xml:",omitempty"`
	LastUpdatedTime             string `xml:",omitempty"`
	RollbackConfiguration       struct{}
	StackStatus                 string
	StackStatusReason           string `xml:",omitempty"`
	DisableRollback             bool
	NotificationARNs            list[string]
	Capabilities                list[string]
	Outputs                     list[outputXML]
	RoleARN                     string `xml:",omitempty"`
	Tags                        list[tag]
	EnableTerminationProtection bool
	ParentID                    string `xml:"ParentId,omitempty"`
	RootID                      string `xml:"RootId,omitempty"`
	TimeoutInMinutes            int    `xml:",omitempty"`
	DriftInformation            driftXML
}

type driftXML struct {
	StackDriftStatus   string
	LastCheckTimestamp string `xml:",omitempty"`
}

type parameterXML struct {
	ParameterKey   string
	ParameterValue string
	ResolvedValue  string `xml:",omitempty"`
}

type outputXML struct {
	OutputKey   string
	OutputValue string
	Description string `xml:",omitempty"`
	ExportName  string `xml:",omitempty"`
}

func (s *Service) describeStacks(ctx context.Context, f form) (any, error) {
	if !f.has("StackName") {
		return s.describeAll(f.text("NextToken"))
	}
	name, err := stackReference(f)
	if err != nil {
		return nil, err
	}
	s.waitSettled(ctx, name)
	s.mu.Lock()
	defer s.mu.Unlock()
	st, ok := s.find(name)
	if !ok {
		return nil, validationError("Stack with id %s does not exist", clip(name))
	}
	return describeStacksResult{Stacks: listOf([]*stack{st}, describe)}, nil
}

func (s *Service) describeAll(token string) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var live []*stack
	for _, st := range s.sortedStacks() {
		if st.deleted.IsZero() {
			live = append(live, st)
		}
	}
	part, next, err := page(live, token)
	if err != nil {
		return nil, err
	}
	return describeStacksResult{listOf(part, describe), next}, nil
}

// waitSettled holds the first DescribeStacks after the start of an operation until the operation ends. A stock client's waiter
// asks at once and then sleeps 30 s: the answer it gets at once is the end of any operation that takes less than the wait.
func (s *Service) waitSettled(ctx context.Context, nameOrID string) {
	var settled chan struct{}
	s.do(func() {
		if st, ok := s.find(nameOrID); ok && st.hold && inProgress(st.status) {
			settled, st.hold = st.settled, false
		}
	})
	if settled == nil || s.settleWait < 0 {
		return
	}
	timer := time.NewTimer(s.settleWait)
	defer timer.Stop()
	select {
	case <-settled:
	case <-timer.C:
	case <-ctx.Done():
	}
}

func describe(st *stack) stackXML {
	x := stackXML{
		StackID: st.id, StackName: st.name, ChangeSetID: st.changeSetID, CreationTime: stamp(st.created), DeletionTime: stamp(st.deleted),
		LastUpdatedTime: stamp(st.updated), StackStatus: st.status, StackStatusReason: st.reason, DisableRollback: st.settings.disableRollback,
		NotificationARNs: listOf(st.settings.notificationARNs, same), Capabilities: listOf(st.settings.capabilities, same),
		RoleARN: st.settings.roleARN, Tags: listOf(st.settings.tags, same), EnableTerminationProtection: st.terminationProtected,
		ParentID: st.parent, RootID: st.root, TimeoutInMinutes: int(st.timeout.Minutes()),
		Outputs:          listOf(st.outputs, func(o output) outputXML { return outputXML{o.key, o.value, o.description, o.exportName} }),
		DriftInformation: driftXML{st.drift.stackStatus(), st.drift.checked()}, Parameters: parametersXML(st.template, st.settings),
	}
	if st.template != nil {
		x.Description = st.template.description
	}
	return x
}

// parametersXML shows parameters; those marked NoEcho as asterisks.
func parametersXML(t *template, set settings) list[parameterXML] {
	return listOf(slices.Sorted(maps.Keys(set.parameters)), func(key string) parameterXML {
		p := parameterXML{ParameterKey: key, ParameterValue: set.parameters[key]}
		if t == nil {
			return p
		}
		if d := t.parameters[key]; d.isSSM() {
			p.ResolvedValue = set.resolved[key]
		} else if d.noEcho {
			p.ParameterValue = noEcho
		}
		return p
	})
}
