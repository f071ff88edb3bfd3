package cloudformation

import (
	"context"
	"slices"
)

type listChangeSetsResult struct {
	Summaries list[changeSetSummaryXML]
	NextToken string `xml:",omitempty"`
}

type changeSetSummaryXML struct {
	StackID             string `xml:"StackId"`
	StackName           string
	ChangeSetID         string `xml:"ChangeSetId"`
	ChangeSetName       string
	ExecutionStatus     string
	Status              string
	StatusReason        string `xml:",omitempty"`
	CreationTime        string
	Description         string `xml:",omitempty"`
	IncludeNestedStacks bool
	ParentChangeSetID   string `xml:"ParentChangeSetId,omitempty"`
	RootChangeSetID     string `xml:"RootChangeSetId,omitempty"`
}

func (s *Service) listChangeSets(_ context.Context, f form) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.named(f, "Stack [%s] does not exist")
	if err != nil {
		return nil, err
	}
	var found []*changeSet
	for _, cs := range st.changeSets {
		if cs.id != st.changeSetID {
			found = append(found, cs)
		}
	}
	slices.SortFunc(found, func(a, b *changeSet) int { return b.created.Compare(a.created) })
	part, next, err := page(found, f.text("NextToken"))
	if err != nil {
		return nil, err
	}
	return listChangeSetsResult{listOf(part, func(cs *changeSet) changeSetSummaryXML {
		parent := ""
		if cs.parent != nil {
			parent = cs.parent.id
		}
		return changeSetSummaryXML{
			cs.stackID, cs.stackName, cs.id, cs.name, cs.executionStatus(st), cs.status, cs.reason, stamp(cs.created), cs.description, cs.includeNested,
			parent, cs.rootID(),
		}
	}), next}, nil
}
