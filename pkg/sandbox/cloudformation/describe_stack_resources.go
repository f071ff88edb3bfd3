package cloudformation

import (
	"context"
	"encoding/json"
)

type resourceXML struct {
	StackName            string `xml:",omitempty"`
	StackID              string `xml:"StackId,omitempty"`
	LogicalResourceID    string `xml:"LogicalResourceId"`
	PhysicalResourceID   string `xml:"PhysicalResourceId,omitempty"`
	ResourceType         string
	Timestamp            string `xml:",omitempty"`
	LastUpdatedTimestamp string `xml:",omitempty"`
	ResourceStatus       string
	ResourceStatusReason string           `xml:",omitempty"`
	Metadata             string           `xml:",omitempty"`
	DriftInformation     resourceDriftXML `xml:"DriftInformation"`
}

type resourceDriftXML struct {
	StackResourceDriftStatus string
	LastCheckTimestamp       string `xml:",omitempty"`
}

type describeStackResourceResult struct {
	StackResourceDetail resourceXML
}

type describeStackResourcesResult struct {
	StackResources list[resourceXML]
}

type listStackResourcesResult struct {
	StackResourceSummaries list[resourceXML]
	NextToken              string `xml:",omitempty"`
}

// summary is a resource as ListStackResources shows it; the other actions add to it.
func (st *stack) summary(r *resource) resourceXML {
	d, _ := st.drift.of(r.logicalID)
	return resourceXML{
		LogicalResourceID: r.logicalID, PhysicalResourceID: r.physicalID, ResourceType: r.typ, LastUpdatedTimestamp: stamp(r.changed),
		ResourceStatus: r.status, ResourceStatusReason: r.reason, DriftInformation: resourceDriftXML{d.status, stamp(d.at)},
	}
}

func (s *Service) describeStackResource(_ context.Context, f form) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.named(f, "Stack '%s' does not exist")
	if err != nil {
		return nil, err
	}
	r, ok := st.resources[f.text("LogicalResourceId")]
	if !ok {
		return nil, validationError("Resource %s does not exist for stack %s", clip(f.text("LogicalResourceId")), st.name)
	}
	x := st.summary(r)
	x.StackName, x.StackID = st.name, st.id
	if r.metadata != nil {
		if text, err := json.Marshal(r.metadata); err == nil {
			x.Metadata = string(text)
		}
	}
	return describeStackResourceResult{x}, nil
}

func (s *Service) describeStackResources(_ context.Context, f form) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	physical := f.text("PhysicalResourceId")
	st, err := s.stackOf(f, physical)
	if err != nil {
		return nil, err
	}
	logical := f.text("LogicalResourceId")
	var found []*resource
	for _, r := range st.sortedResources() {
		if logical == "" || r.logicalID == logical {
			found = append(found, r)
		}
	}
	if logical != "" && found == nil {
		return nil, validationError("Resource %s does not exist for stack %s", clip(logical), st.name)
	}
	return describeStackResourcesResult{listOf(found, func(r *resource) resourceXML {
		x := st.summary(r)
		x.StackName, x.StackID = st.name, st.id
		x.Timestamp, x.LastUpdatedTimestamp = x.LastUpdatedTimestamp, ""
		return x
	})}, nil
}

// stackOf finds a stack by its name or by a physical resource in it.
func (s *Service) stackOf(f form, physical string) (*stack, error) {
	if f.has("StackName") && physical != "" {
		return nil, validationError("You can specify either StackName or PhysicalResourceId, but not both.")
	}
	if physical == "" {
		return s.named(f, "Stack with id %s does not exist")
	}
	for _, st := range s.sortedStacks() {
		for _, r := range st.resources {
			if r.physicalID == physical && st.deleted.IsZero() {
				return st, nil
			}
		}
	}
	return nil, validationError("Stack for %s does not exist", clip(physical))
}

func (s *Service) listStackResources(_ context.Context, f form) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.named(f, "Stack with id %s does not exist")
	if err != nil {
		return nil, err
	}
	part, next, err := page(st.sortedResources(), f.text("NextToken"))
	if err != nil {
		return nil, err
	}
	return listStackResourcesResult{listOf(part, st.summary), next}, nil
}
