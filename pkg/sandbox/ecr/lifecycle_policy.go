package ecr

import (
	"context"
	"encoding/json"
)

// LifecyclePolicy is a repository's policy, as JSON.
type LifecyclePolicy struct {
	RegistryID          string `json:"registryId"`
	RepositoryName      string `json:"repositoryName"`
	LifecyclePolicyText string `json:"lifecyclePolicyText"`
}

// PutLifecyclePolicy keeps a policy, and does nothing by it.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutLifecyclePolicy.html
func (s *Service) PutLifecyclePolicy(_ context.Context, in LifecyclePolicy) (LifecyclePolicy, error) {
	var policy struct{ Rules []json.RawMessage }
	if err := json.Unmarshal([]byte(in.LifecyclePolicyText), &policy); err != nil || len(policy.Rules) == 0 || len(in.LifecyclePolicyText) > maxPolicyBytes {
		return in, errorf(CodeInvalidParameter, "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: it must be JSON with rules, of at most %d characters'", maxPolicyBytes)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(in.RegistryID, in.RepositoryName)
	if err != nil {
		return in, err
	}
	r.policy, in.RegistryID = in.LifecyclePolicyText, s.cfg.AccountID
	return in, nil
}

// GetLifecyclePolicy returns a repository's policy.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetLifecyclePolicy.html
func (s *Service) GetLifecyclePolicy(_ context.Context, registryID, name string) (LifecyclePolicy, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(registryID, name)
	if err != nil {
		return LifecyclePolicy{}, err
	}
	if r.policy == "" {
		return LifecyclePolicy{}, errorf(CodePolicyNotFound, "Lifecycle policy does not exist for the repository with name '%s' in the registry with id '%s'", name, s.cfg.AccountID)
	}
	return LifecyclePolicy{RegistryID: s.cfg.AccountID, RepositoryName: name, LifecyclePolicyText: r.policy}, nil
}
