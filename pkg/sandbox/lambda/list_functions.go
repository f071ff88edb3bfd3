package lambda

import (
	"context"
	"fmt"
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

// ListFunctions lists functions by name, and with all their versions, too. marker is the NextMarker of the page before;
// maxItems 0 means 50.
func (s *Service) ListFunctions(_ context.Context, all bool, marker string, maxItems int) (ListFunctionsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[string]*revision{}
	for name, f := range s.functions {
		if !all {
			found[name] = &f.revision
			continue
		}
		for i, r := range f.revisions() {
			found[fmt.Sprintf("%s:%08d", name, i)] = r
		}
	}
	keys, next := page(slices.Sorted(maps.Keys(found)), marker, maxItems, functionsPage)
	out := ListFunctionsOutput{Functions: make([]FunctionConfiguration, len(keys)), NextMarker: next}
	for i, key := range keys {
		out.Functions[i] = found[key].snapshot()
		if all {
			out.Functions[i].FunctionArn = s.functionARN(functionID{out.Functions[i].FunctionName, out.Functions[i].Version})
		}
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
