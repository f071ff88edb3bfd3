package ssm

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// GetParametersByPathInput asks for a page of what is below a path.
type GetParametersByPathInput struct {
	Path           string
	Recursive      bool
	WithDecryption bool
	MaxResults     int
	NextToken      string
}

// GetParametersByPathOutput is a page of parameters. NextToken is empty on the last one.
type GetParametersByPathOutput struct {
	Parameters []Parameter
	NextToken  string `json:",omitempty"`
}

// GetParametersByPath answers the parameters below a path, by their names.
func (s *Service) GetParametersByPath(_ context.Context, in GetParametersByPathInput) (GetParametersByPathOutput, error) {
	if !strings.HasPrefix(in.Path, "/") {
		return GetParametersByPathOutput{}, invalid("The parameter path must begin with \"/\".")
	}
	limit, e := pageSize(in.MaxResults, maxNames)
	if e != nil {
		return GetParametersByPathOutput{}, e
	}
	prefix := strings.TrimSuffix(in.Path, "/") + "/"
	s.mu.Lock()
	defer s.mu.Unlock()
	out := GetParametersByPathOutput{Parameters: []Parameter{}}
	for _, name := range s.namesAfter(in.NextToken) {
		rest, below := strings.CutPrefix(name, prefix)
		if !below || !in.Recursive && strings.Contains(rest, "/") {
			continue
		}
		if len(out.Parameters) == limit {
			out.NextToken = out.Parameters[limit-1].Name
			break
		}
		p := s.parameters[name]
		out.Parameters = append(out.Parameters, s.show(p, p.newest(), name, in.WithDecryption))
	}
	return out, nil
}

// namesAfter are the names behind one, sorted; s.mu is held.
func (s *Service) namesAfter(token string) []string {
	all := slices.Sorted(maps.Keys(s.parameters))
	i, found := slices.BinarySearch(all, token)
	if found {
		i++
	}
	return all[i:]
}

func pageSize(asked, most int) (int, *Error) {
	switch {
	case asked == 0:
		return most, nil
	case asked < 0 || asked > most:
		return 0, invalid("1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must be between 1 and %d", asked, most)
	}
	return asked, nil
}
