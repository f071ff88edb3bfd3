package cloudformation

import (
	"context"
	"encoding/json"
)

type describeChangeSetResult struct {
	ChangeSetName       string
	ChangeSetID         string `xml:"ChangeSetId"`
	StackID             string `xml:"StackId"`
	StackName           string
	Description         string `xml:",omitempty"`
	Parameters          list[parameterXML]
	CreationTime        string
	ExecutionStatus     string
	Status              string
	StatusReason        string `xml:",omitempty"`
	NotificationARNs    list[string]
	Capabilities        list[string]
	Tags                list[tag]
	Changes             list[changeXML]
	NextToken           string `xml:",omitempty"`
	IncludeNestedStacks bool
	ParentChangeSetID   string `xml:"ParentChangeSetId,omitempty"`
	RootChangeSetID     string `xml:"RootChangeSetId,omitempty"`
	OnStackFailure      string `xml:",omitempty"`
}

type changeXML struct {
	Type           string
	ResourceChange resourceChangeXML
}

type resourceChangeXML struct {
	PolicyAction       string `xml:",omitempty"`
	Action             string
	LogicalResourceID  string `xml:"LogicalResourceId"`
	PhysicalResourceID string `xml:"PhysicalResourceId,omitempty"`
	ResourceType       string
	Replacement        string `xml:",omitempty"`
	Scope              list[string]
	Details            list[detailXML]
	ChangeSetID        string `xml:"ChangeSetId,omitempty"`
	BeforeContext      string `xml:",omitempty"`
	AfterContext       string `xml:",omitempty"`
}

type detailXML struct {
	Target        targetXML
	Evaluation    string
	ChangeSource  string
	CausingEntity string `xml:",omitempty"`
}

type targetXML struct {
	Attribute           string
	Name                string `xml:",omitempty"`
	RequiresRecreation  string
	Path                string `xml:",omitempty"`
	BeforeValue         string `xml:",omitempty"`
	AfterValue          string `xml:",omitempty"`
	AttributeChangeType string `xml:",omitempty"`
}

func (s *Service) describeChangeSet(_ context.Context, f form) (any, error) {
	values, err := f.boolean("IncludePropertyValues")
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, cs, err := s.findChangeSet(f.text("ChangeSetName"), f.text("StackName"))
	if err != nil {
		return nil, err
	}
	part, next, err := page(cs.plan.changes, f.text("NextToken"))
	if err != nil {
		return nil, err
	}
	out := describeChangeSetResult{
		ChangeSetName: cs.name, ChangeSetID: cs.id, StackID: cs.stackID, StackName: cs.stackName, Description: cs.description,
		Parameters: parametersXML(cs.template, cs.settings), CreationTime: stamp(cs.created), ExecutionStatus: cs.executionStatus(st),
		Status: cs.status, StatusReason: cs.reason, NotificationARNs: listOf(cs.settings.notificationARNs, same),
		Capabilities: listOf(cs.settings.capabilities, same), Tags: listOf(cs.settings.tags, same),
		Changes:   listOf(part, func(c change) changeXML { return describeChange(c, cs, valuesOf(st, cs, values)) }),
		NextToken: next, IncludeNestedStacks: cs.includeNested, OnStackFailure: cs.onStackFailure, RootChangeSetID: cs.rootID(),
	}
	if cs.parent != nil {
		out.ParentChangeSetID = cs.parent.id
	}
	return out, nil
}

// shower turns properties into text that a caller may see; nil shows none.
type shower func(v any) string

// valuesOf shows values of a change set where the request wants them, without the values of NoEcho parameters.
func valuesOf(st *stack, cs *changeSet, wanted bool) shower {
	if !wanted {
		return nil
	}
	fresh := &stack{template: cs.template, settings: cs.settings}
	return func(v any) string {
		v = st.masked(fresh.masked(v))
		if text, ok := scalarText(v); ok {
			return placeholderPattern.ReplaceAllString(text, knownAfterApply)
		}
		text, err := json.Marshal(v)
		if err != nil {
			return "" // only a value no template can hold fails here
		}
		return placeholderPattern.ReplaceAllString(string(text), knownAfterApply)
	}
}

func describeChange(c change, cs *changeSet, show shower) changeXML {
	x := resourceChangeXML{
		PolicyAction: c.policyAction, Action: c.action, LogicalResourceID: c.logicalID, PhysicalResourceID: c.physicalID, ResourceType: c.typ,
		Replacement: c.replacement, Scope: listOf(c.scope, same), Details: listOf(c.details, func(d changeDetail) detailXML { return d.xml(c, show) }),
	}
	if child := cs.child(c.logicalID); child != nil {
		x.ChangeSetID = child.id
	}
	if show != nil && c.before != nil {
		x.BeforeContext = show(map[string]any{"Properties": c.before})
	}
	if show != nil && c.after != nil {
		x.AfterContext = show(map[string]any{"Properties": c.after})
	}
	return changeXML{"Resource", x}
}

func (d changeDetail) xml(c change, show shower) detailXML {
	out := detailXML{targetXML{Attribute: d.attribute, Name: d.name, RequiresRecreation: d.recreation}, "Static", "DirectModification", d.cause}
	if d.dynamic {
		out.Evaluation = "Dynamic"
	}
	if d.source != "" {
		out.ChangeSource = d.source
	}
	if show == nil || d.name == "" {
		return out
	}
	out.Target.Path, out.Target.AttributeChangeType = "/Properties/"+d.name, d.kind
	if v, ok := c.before[d.name]; ok {
		out.Target.BeforeValue = show(v)
	}
	if v, ok := c.after[d.name]; ok {
		out.Target.AfterValue = show(v)
	}
	return out
}
