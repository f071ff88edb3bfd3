package ssm

import "context"

// GetParametersInput names up to ten parameters.
type GetParametersInput struct {
	Names          []string
	WithDecryption bool
}

// GetParametersOutput has the parameters there are, and the names of the others.
type GetParametersOutput struct {
	Parameters        []Parameter
	InvalidParameters []string
}

// GetParameters answers parameters.
func (s *Service) GetParameters(_ context.Context, in GetParametersInput) (GetParametersOutput, error) {
	if len(in.Names) == 0 || len(in.Names) > maxNames {
		return GetParametersOutput{}, invalid("1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length between 1 and %d", maxNames)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := GetParametersOutput{Parameters: []Parameter{}, InvalidParameters: []string{}}
	for _, name := range in.Names {
		p, v, e := s.find(name)
		if e != nil {
			out.InvalidParameters = append(out.InvalidParameters, name)
			continue
		}
		out.Parameters = append(out.Parameters, s.show(p, v, name, in.WithDecryption))
	}
	return out, nil
}
