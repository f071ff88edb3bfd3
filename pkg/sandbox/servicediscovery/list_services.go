package servicediscovery

import (
	"cmp"
	"context"
	"slices"
)

// ListServicesInput says which part of the list.
type ListServicesInput struct {
	NextToken  string
	MaxResults *int
	Filters    []Filter
}

// ListServicesOutput is a part of the list.
type ListServicesOutput struct {
	Services  []Service
	NextToken string `json:",omitempty"`
}

// ListServices lists services by their names; the filter is NAMESPACE_ID.
func (e *Emulator) ListServices(_ context.Context, in ListServicesInput) (ListServicesOutput, error) {
	for _, f := range in.Filters {
		if err := f.check("NAMESPACE_ID"); err != nil {
			return ListServicesOutput{}, err
		}
	}
	e.mu.Lock()
	all := []Service{}
	for _, s := range e.services {
		if !slices.ContainsFunc(in.Filters, func(f Filter) bool { return !slices.Contains(f.Values, s.NamespaceId) }) {
			all = append(all, s.show())
		}
	}
	e.mu.Unlock()
	slices.SortFunc(all, func(a, b Service) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Id, b.Id)) })
	part, next, err := page(all, in.NextToken, in.MaxResults)
	if err != nil {
		return ListServicesOutput{}, err
	}
	return ListServicesOutput{part, next}, nil
}
