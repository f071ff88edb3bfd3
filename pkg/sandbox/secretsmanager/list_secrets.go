package secretsmanager

import (
	"context"
	"maps"
	"slices"
)

// ListSecretsInput asks for a page of secrets.
type ListSecretsInput struct {
	IncludePlannedDeletion bool
	MaxResults             int
	NextToken              string
}

// ListSecretsOutput is a page of secrets. NextToken is empty on the last one.
type ListSecretsOutput struct {
	SecretList []Description
	NextToken  string `json:",omitempty"`
}

// ListSecrets lists secrets by their names.
func (s *Service) ListSecrets(_ context.Context, in ListSecretsInput) (ListSecretsOutput, error) {
	limit := in.MaxResults
	if limit == 0 {
		limit = maxListed
	}
	if limit < 1 || limit > maxListed {
		return ListSecretsOutput{}, errorf(CodeValidation, "1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must be between 1 and %d", in.MaxResults, maxListed)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	out := ListSecretsOutput{SecretList: []Description{}}
	for _, name := range slices.Sorted(maps.Keys(s.secrets)) {
		sec := s.secrets[name]
		if name <= in.NextToken || !sec.deleted.IsZero() && !in.IncludePlannedDeletion {
			continue
		}
		if len(out.SecretList) == limit {
			out.NextToken = out.SecretList[limit-1].Name
			break
		}
		out.SecretList = append(out.SecretList, sec.describe())
	}
	return out, nil
}
