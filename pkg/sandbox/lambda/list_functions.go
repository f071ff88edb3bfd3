package lambda

import (
	"context"
	"maps"
	"slices"
)

// ListFunctionsOutput is a page of functions.
type ListFunctionsOutput struct {
	Functions  []FunctionConfiguration
	NextMarker string `json:",omitempty"`
}

// functionsPage is the most that a page of functions holds, as on AWS.
const functionsPage = 50

// ListFunctions lists functions by name. marker is the NextMarker of the page before; maxItems 0 means 50.
func (s *Service) ListFunctions(_ context.Context, marker string, maxItems int) (ListFunctionsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	names, next := page(slices.Sorted(maps.Keys(s.functions)), marker, maxItems, functionsPage)
	out := ListFunctionsOutput{Functions: make([]FunctionConfiguration, len(names)), NextMarker: next}
	for i, name := range names {
		out.Functions[i] = s.functions[name].snapshot()
	}
	return out, nil
}

// page cuts a sorted list: what comes after marker, at most limit. next is the marker of the following page, or "".
func page(sorted []string, marker string, maxItems, limit int) (items []string, next string) {
	from, found := slices.BinarySearch(sorted, marker)
	if found {
		from++
	}
	if maxItems > 0 {
		limit = min(limit, maxItems)
	}
	rest := sorted[from:]
	if len(rest) <= limit {
		return rest, ""
	}
	return rest[:limit], rest[limit-1]
}
