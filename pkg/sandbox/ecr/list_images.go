package ecr

import "context"

// ListImagesOutput is a page of images; one with several tags is there once for each.
type ListImagesOutput struct {
	ImageIDs  []ImageID `json:"imageIds"`
	NextToken string    `json:"nextToken,omitempty"`
}

// ListImages lists the images of a repository.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImages.html
func (s *Service) ListImages(_ context.Context, in ListInput) (ListImagesOutput, error) {
	out := ListImagesOutput{ImageIDs: []ImageID{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(in.RegistryID, in.RepositoryName)
	if err != nil {
		return out, err
	}
	in.ImageIDs = nil
	digests, next, err := s.digests(r, in)
	if err != nil {
		return out, err
	}
	out.NextToken = next
	for _, digest := range digests {
		tags := r.tagsOf(digest)
		if len(tags) == 0 {
			tags = []string{""}
		}
		for _, tag := range tags {
			out.ImageIDs = append(out.ImageIDs, ImageID{digest, tag})
		}
	}
	return out, nil
}
