package servicediscovery

import (
	"cmp"
	"context"
	"slices"
)

// ListNamespacesInput says which part of the list.
type ListNamespacesInput struct {
	NextToken  string
	MaxResults *int
	Filters    []Filter
}

// ListNamespacesOutput is a part of the list.
type ListNamespacesOutput struct {
	Namespaces []Namespace
	NextToken  string `json:",omitempty"`
}

// ListNamespaces lists namespaces by their names; filters are TYPE and NAME.
func (e *Emulator) ListNamespaces(_ context.Context, in ListNamespacesInput) (ListNamespacesOutput, error) {
	for _, f := range in.Filters {
		if err := f.check("TYPE", "NAME"); err != nil {
			return ListNamespacesOutput{}, err
		}
	}
	e.mu.Lock()
	all := []Namespace{}
	for _, n := range e.namespaces {
		wanted := true
		for _, f := range in.Filters {
			value := map[string]string{"TYPE": n.Type, "NAME": n.Name}[f.Name]
			wanted = wanted && slices.Contains(f.Values, value)
		}
		if wanted {
			all = append(all, *n)
		}
	}
	e.mu.Unlock()
	slices.SortFunc(all, func(a, b Namespace) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Id, b.Id)) })
	part, next, err := page(all, in.NextToken, in.MaxResults)
	if err != nil {
		return ListNamespacesOutput{}, err
	}
	return ListNamespacesOutput{part, next}, nil
}
