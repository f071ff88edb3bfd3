package ecr

import (
	"context"
	"slices"
)

// CreateRepositoryInput describes a repository. RepositoryName is required.
type CreateRepositoryInput struct {
	RegistryID                 string `json:"registryId"`
	RepositoryName             string
	ImageTagMutability         string
	ImageScanningConfiguration map[string]bool
	EncryptionConfiguration    map[string]string
	Tags                       []Tag
}

// CreateRepository makes a repository.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
func (s *Service) CreateRepository(_ context.Context, in CreateRepositoryInput) (Repository, error) {
	if err := s.checkName(in.RegistryID, in.RepositoryName); err != nil {
		return Repository{}, err
	}
	mutability, encryption := in.ImageTagMutability, in.EncryptionConfiguration
	if mutability == "" {
		mutability = "MUTABLE"
	}
	if mutability != "MUTABLE" && mutability != "IMMUTABLE" {
		return Repository{}, errorf(CodeInvalidParameter, "imageTagMutability %q is not supported by the sandbox; MUTABLE and IMMUTABLE are", mutability)
	}
	if encryption == nil {
		encryption = map[string]string{"encryptionType": "AES256"}
	}
	if !slices.Contains([]string{"AES256", "KMS", "KMS_DSSE"}, encryption["encryptionType"]) {
		return Repository{}, errorf(CodeInvalidParameter, "Invalid parameter at 'encryptionConfiguration' failed to satisfy constraint: 'encryptionType must be one of AES256, KMS, KMS_DSSE'")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch name := in.RepositoryName; {
	case s.repositories[name] != nil:
		return Repository{}, errorf(CodeRepositoryExists, "The repository with name '%s' already exists in the registry with id '%s'", name, s.cfg.AccountID)
	case len(s.repositories) >= MaxRepositories:
		return Repository{}, errorf(CodeLimit, "The maximum number of repositories per registry of %d has been reached", MaxRepositories)
	}
	r := &repository{
		Repository: Repository{
			RepositoryARN: s.arn(in.RepositoryName), RegistryID: s.cfg.AccountID, RepositoryName: in.RepositoryName, RepositoryURI: s.host + "/" + in.RepositoryName,
			CreatedAt: epoch(s.cfg.Clock()), ImageTagMutability: mutability, EncryptionConfiguration: encryption,
			ImageScanningConfiguration: map[string]bool{"scanOnPush": in.ImageScanningConfiguration["scanOnPush"]},
		},
		labels: in.Tags, images: map[string]*manifest{}, tags: map[string]string{}, layers: map[string]bool{},
	}
	s.repositories[in.RepositoryName] = r
	return r.Repository, nil
}

func (s *Service) arn(name string) string {
	return "arn:aws:ecr:" + s.cfg.Region + ":" + s.cfg.AccountID + ":repository/" + name
}
