package ecr

import "context"

// DeleteRepository deletes a repository; one with images only with force.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepository.html
func (s *Service) DeleteRepository(_ context.Context, registryID, name string, force bool) (Repository, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(registryID, name)
	if err != nil {
		return Repository{}, err
	}
	if len(r.images) > 0 && !force {
		return Repository{}, errorf(CodeRepositoryNotEmpty, "The repository with name '%s' in registry with id '%s' cannot be deleted because it still contains images", name, s.cfg.AccountID)
	}
	delete(s.repositories, name)
	s.sweep()
	return r.Repository, nil
}
