package ecr

import "context"

// ImagesInput names images of a repository.
type ImagesInput struct {
	RegistryID     string `json:"registryId"`
	RepositoryName string
	ImageIDs       []ImageID `json:"imageIds"`
}

// FullImage is an image with its manifest.
type FullImage struct {
	RegistryID             string  `json:"registryId"`
	RepositoryName         string  `json:"repositoryName"`
	ImageID                ImageID `json:"imageId"`
	ImageManifest          string  `json:"imageManifest"`
	ImageManifestMediaType string  `json:"imageManifestMediaType"`
}

// BatchGetImageOutput are images, and those that were not found.
type BatchGetImageOutput struct {
	Images   []FullImage    `json:"images"`
	Failures []ImageFailure `json:"failures"`
}

// BatchGetImage returns manifests.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
func (s *Service) BatchGetImage(_ context.Context, in ImagesInput) (BatchGetImageOutput, error) {
	out := BatchGetImageOutput{Images: []FullImage{}, Failures: []ImageFailure{}}
	if err := checkBatch("imageIds", len(in.ImageIDs)); err != nil {
		return out, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(in.RegistryID, in.RepositoryName)
	if err != nil {
		return out, err
	}
	for _, id := range in.ImageIDs {
		m, failure := r.image(id)
		if failure != nil {
			out.Failures = append(out.Failures, *failure)
			continue
		}
		text, err := s.read(m.digest)
		if err != nil {
			return out, err
		}
		id.ImageDigest = m.digest
		out.Images = append(out.Images, FullImage{s.cfg.AccountID, r.RepositoryName, id, string(text), m.mediaType})
	}
	return out, nil
}
