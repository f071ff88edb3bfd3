package ecr

import (
	"context"
	"maps"
	"slices"
)

// ListInput says which images of a repository.
type ListInput struct {
	ImagesInput
	NextToken  string
	MaxResults int
	Filter     struct{ TagStatus string }
}

// ImageDetail is what the API says of an image.
type ImageDetail struct {
	RegistryID             string   `json:"registryId"`
	RepositoryName         string   `json:"repositoryName"`
	ImageDigest            string   `json:"imageDigest"`
	ImageTags              []string `json:"imageTags,omitempty"`
	ImageSizeInBytes       int64    `json:"imageSizeInBytes"`
	ImagePushedAt          float64  `json:"imagePushedAt"` // seconds since the epoch
	ImageManifestMediaType string   `json:"imageManifestMediaType"`
}

// DescribeImagesOutput is a page of images, by digest.
type DescribeImagesOutput struct {
	ImageDetails []ImageDetail `json:"imageDetails"`
	NextToken    string        `json:"nextToken,omitempty"`
}

// DescribeImages describes images: those that are named, or all.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
func (s *Service) DescribeImages(_ context.Context, in ListInput) (DescribeImagesOutput, error) {
	out := DescribeImagesOutput{ImageDetails: []ImageDetail{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(in.RegistryID, in.RepositoryName)
	if err != nil {
		return out, err
	}
	digests, next, err := s.digests(r, in)
	if err != nil {
		return out, err
	}
	out.NextToken = next
	for _, digest := range digests {
		m := r.images[digest]
		out.ImageDetails = append(out.ImageDetails, ImageDetail{
			RegistryID: s.cfg.AccountID, RepositoryName: r.RepositoryName, ImageDigest: digest, ImageTags: r.tagsOf(digest), ImageSizeInBytes: m.bytes,
			ImagePushedAt: epoch(m.pushed), ImageManifestMediaType: m.mediaType,
		})
	}
	return out, nil
}

// digests are those of the images that in asks for.
func (s *Service) digests(r *repository, in ListInput) (digests []string, next string, err *Error) {
	if len(in.ImageIDs) == 0 {
		return page(slices.DeleteFunc(slices.Sorted(maps.Keys(r.images)), func(digest string) bool { return !matches(r, digest, in.Filter.TagStatus) }), in.NextToken, in.MaxResults)
	}
	for _, id := range in.ImageIDs {
		m, failure := r.image(id)
		if failure != nil {
			return nil, "", errorf(CodeImageNotFound, "The image with imageId {imageDigest:'%s', imageTag:'%s'} does not exist within the repository with name '%s' in the registry with id '%s'",
				id.ImageDigest, id.ImageTag, r.RepositoryName, s.cfg.AccountID)
		}
		digests = append(digests, m.digest)
	}
	return digests, "", nil
}

func matches(r *repository, digest, status string) bool {
	switch tagged := len(r.tagsOf(digest)) > 0; status {
	case "TAGGED":
		return tagged
	case "UNTAGGED":
		return !tagged
	default:
		return true
	}
}
