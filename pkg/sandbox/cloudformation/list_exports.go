package cloudformation

import (
	"cmp"
	"context"
	"slices"
)

type listExportsResult struct {
	Exports   list[exportXML]
	NextToken string `xml:",omitempty"`
}

type exportXML struct {
	ExportingStackID string `xml:"ExportingStackId"`
	Name             string
	Value            string
}

func (s *Service) listExports(_ context.Context, f form) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []exportXML
	for _, st := range s.stacks {
		for _, o := range st.outputs {
			if o.exportName != "" && st.deleted.IsZero() {
				found = append(found, exportXML{st.id, o.exportName, o.value})
			}
		}
	}
	slices.SortFunc(found, func(a, b exportXML) int { return cmp.Compare(a.Name, b.Name) })
	part, next, err := page(found, f.text("NextToken"))
	if err != nil {
		return nil, err
	}
	return listExportsResult{listOf(part, same), next}, nil
}
