package cloudformation

import "context"

type listImportsResult struct {
	Imports   list[string]
	NextToken string `xml:",omitempty"`
}

func (s *Service) listImports(_ context.Context, f form) (any, error) {
	name := f.text("ExportName")
	if name == "" {
		return nil, validationError("1 validation error detected: Value null at 'exportName' failed to satisfy constraint: Member must not be null")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	users := s.importers(name)
	if users == nil {
		return nil, validationError("Export '%s' is not imported by any stack.", clip(name))
	}
	part, next, err := page(users, f.text("NextToken"))
	if err != nil {
		return nil, err
	}
	return listImportsResult{listOf(part, same), next}, nil
}
