package ecr

import (
	"context"
	"maps"
	"slices"
)

// DescribeRepositoriesInput says which repositories; none are named for all.
type DescribeRepositoriesInput struct {
	RegistryID      string `json:"registryId"`
	RepositoryNames []string
	NextToken       string
	MaxResults      int
}

// DescribeRepositoriesOutput is a page of repositories, by name.
type DescribeRepositoriesOutput struct {
	Repositories []Repository `json:"repositories"`
	NextToken    string       `json:"nextToken,omitempty"`
}

// DescribeRepositories describes repositories.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html
func (s *Service) DescribeRepositories(_ context.Context, in DescribeRepositoriesInput) (DescribeRepositoriesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := DescribeRepositoriesOutput{Repositories: []Repository{}}
	names := in.RepositoryNames
	if len(names) == 0 {
		var err *Error
		if names, out.NextToken, err = page(slices.Sorted(maps.Keys(s.repositories)), in.NextToken, in.MaxResults); err != nil {
			return out, err
		}
	}
	for _, name := range names {
		r, err := s.find(in.RegistryID, name)
		if err != nil {
			return out, err
		}
		out.Repositories = append(out.Repositories, r.Repository)
	}
	return out, nil
}

// ListTagsForResource returns a repository's own tags, by its ARN.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListTagsForResource.html
func (s *Service) ListTagsForResource(_ context.Context, arn string) ([]Tag, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, r := range s.repositories {
		if s.arn(name) == arn {
			return r.labels, nil
		}
	}
	return nil, s.noRepository(arn)
}

// page cuts a page out of a sorted list. The token is the last element of the page before.
func page(list []string, token string, limit int) (part []string, next string, err *Error) {
	switch {
	case limit < 0 || limit > maxPage:
		return nil, "", errorf(CodeInvalidParameter, "Invalid parameter at 'maxResults' failed to satisfy constraint: 'must be between 1 and %d'", maxPage)
	case limit == 0:
		limit = defaultPage
	}
	from, found := slices.BinarySearch(list, token)
	if found {
		from++
	}
	list = list[from:]
	if len(list) <= limit {
		return list, "", nil
	}
	return list[:limit], list[limit-1], nil
}
