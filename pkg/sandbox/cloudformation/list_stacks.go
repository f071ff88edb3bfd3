package cloudformation

import (
	"context"
	"slices"
)

type listStacksResult struct {
	StackSummaries list[stackSummaryXML]
	NextToken      string `xml:",omitempty"`
}

type stackSummaryXML struct {
	StackID             string `xml:"StackId"`
	StackName           string
	TemplateDescription string `xml:",omitempty"`
	CreationTime        string
	LastUpdatedTime     string `xml:",omitempty"`
	DeletionTime        string `xml:",omitempty"`
	StackStatus         string
	StackStatusReason   string `xml:",omitempty"`
	ParentID            string `xml:"ParentId,omitempty"`
	RootID              string `xml:"RootId,omitempty"`
	DriftInformation    driftXML
}

func (s *Service) listStacks(_ context.Context, f form) (any, error) {
	wanted := f.list("StackStatusFilter")
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*stack
	for _, st := range s.sortedStacks() {
		if len(wanted) == 0 || slices.Contains(wanted, st.status) {
			found = append(found, st)
		}
	}
	part, next, err := page(found, f.text("NextToken"))
	if err != nil {
		return nil, err
	}
	return listStacksResult{listOf(part, func(st *stack) stackSummaryXML {
		full := describe(st)
		return stackSummaryXML{
			full.StackID, full.StackName, full.Description, full.CreationTime, full.LastUpdatedTime, full.DeletionTime,
			full.StackStatus, full.StackStatusReason, full.ParentID, full.RootID, full.DriftInformation,
		}
	}), next}, nil
}
