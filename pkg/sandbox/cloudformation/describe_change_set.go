package cloudformation

import "context"

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
}

type detailXML struct {
	Target       targetXML
	Evaluation   string
	ChangeSource string
}

type targetXML struct {
	Attribute          string
	Name               string `xml:",omitempty"`
	RequiresRecreation string
}

func (s *Service) describeChangeSet(_ context.Context, f form) (any, error) {
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
	return describeChangeSetResult{
		ChangeSetName: cs.name, ChangeSetID: cs.id, StackID: cs.stackID, StackName: cs.stackName, Description: cs.description,
		Parameters: parametersXML(cs.template, cs.settings), CreationTime: stamp(cs.created), ExecutionStatus: cs.executionStatus(st),
		Status: cs.status, StatusReason: cs.reason, NotificationARNs: listOf(cs.settings.notificationARNs, same),
		Capabilities: listOf(cs.settings.capabilities, same), Tags: listOf(cs.settings.tags, same), Changes: listOf(part, describeChange),
		NextToken: next, IncludeNestedStacks: cs.includeNested, OnStackFailure: cs.onStackFailure,
	}, nil
}

func describeChange(c change) changeXML {
	return changeXML{"Resource", resourceChangeXML{
		PolicyAction: c.policyAction, Action: c.action, LogicalResourceID: c.logicalID, PhysicalResourceID: c.physicalID, ResourceType: c.typ,
		Replacement: c.replacement, Scope: listOf(c.scope, same), Details: listOf(c.details, func(d changeDetail) detailXML {
			evaluation := "Static"
			if d.dynamic {
				evaluation = "Dynamic"
			}
			return detailXML{targetXML{d.attribute, d.name, d.recreation}, evaluation, "DirectModification"}
		}),
	}}
}
