package cloudformation

import (
	"context"
	"slices"
)

type describeResourceDriftsResult struct {
	StackResourceDrifts list[resourceDriftResultXML]
	NextToken           string `xml:",omitempty"`
}

type resourceDriftResultXML struct {
	StackID                  string `xml:"StackId"`
	LogicalResourceID        string `xml:"LogicalResourceId"`
	PhysicalResourceID       string `xml:"PhysicalResourceId"`
	ResourceType             string
	ExpectedProperties       string `xml:",omitempty"`
	ActualProperties         string `xml:",omitempty"`
	PropertyDifferences      list[propertyDifferenceXML]
	StackResourceDriftStatus string
	Timestamp                string
}

type propertyDifferenceXML struct {
	PropertyPath, ExpectedValue, ActualValue, DifferenceType string
}

func (s *Service) describeStackResourceDrifts(_ context.Context, f form) (any, error) {
	wanted := f.list("StackResourceDriftStatusFilters")
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.named(f, "Stack [%s] does not exist")
	if err != nil {
		return nil, err
	}
	var found []resourceDriftResultXML
	for _, r := range st.sortedResources() {
		d, checked := st.drift.of(r.logicalID)
		if checked && (wanted == nil || slices.Contains(wanted, d.status)) {
			found = append(found, driftXMLOf(st, r, d))
		}
	}
	part, next, err := page(found, f.text("NextToken"))
	if err != nil {
		return nil, err
	}
	return describeResourceDriftsResult{listOf(part, same), next}, nil
}

// driftXMLOf shows a result, without the values of NoEcho parameters.
func driftXMLOf(st *stack, r *resource, d resourceDrift) resourceDriftResultXML {
	show := func(v any) string { return shownJSON(st.masked(v)) }
	x := resourceDriftResultXML{
		StackID: st.id, LogicalResourceID: r.logicalID, PhysicalResourceID: r.physicalID, ResourceType: r.typ,
		StackResourceDriftStatus: d.status, Timestamp: stamp(d.at),
		PropertyDifferences: listOf(d.differences, func(p difference) propertyDifferenceXML {
			return propertyDifferenceXML{p.path, show(p.expected), show(p.actual), p.kind}
		}),
	}
	if d.actual != nil {
		x.ExpectedProperties, x.ActualProperties = show(d.expected), show(d.actual)
	}
	return x
}
