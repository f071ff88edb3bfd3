package ssm

import "context"

// DeleteParameter deletes a parameter with all its versions.
func (s *Service) DeleteParameter(_ context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.parameters[name] == nil {
		return errorf(CodeNotFound, "")
	}
	delete(s.parameters, name)
	return nil
}

// DeleteParametersOutput says which names there were.
type DeleteParametersOutput struct{ DeletedParameters, InvalidParameters []string }

// DeleteParameters deletes parameters.
func (s *Service) DeleteParameters(ctx context.Context, names []string) (DeleteParametersOutput, error) {
	if len(names) == 0 || len(names) > maxNames {
		return DeleteParametersOutput{}, invalid("1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length between 1 and %d", maxNames)
	}
	out := DeleteParametersOutput{[]string{}, []string{}}
	for _, name := range names {
		if err := s.DeleteParameter(ctx, name); err != nil {
			out.InvalidParameters = append(out.InvalidParameters, name)
			continue
		}
		out.DeletedParameters = append(out.DeletedParameters, name)
	}
	return out, nil
}
