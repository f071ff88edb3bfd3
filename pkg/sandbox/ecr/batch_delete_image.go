package ecr

import "context"

// BatchDeleteImageOutput are the images that are gone, and those that are not.
type BatchDeleteImageOutput struct {
	ImageIDs []ImageID      `json:"imageIds"`
	Failures []ImageFailure `json:"failures"`
}

// BatchDeleteImage deletes images by digest, or by a tag: then the image stays while it has another one.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html
func (s *Service) BatchDeleteImage(_ context.Context, in ImagesInput) (BatchDeleteImageOutput, error) {
	out := BatchDeleteImageOutput{ImageIDs: []ImageID{}, Failures: []ImageFailure{}}
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
		gone, failure := r.remove(id)
		if failure != nil {
			out.Failures = append(out.Failures, *failure)
			continue
		}
		out.ImageIDs = append(out.ImageIDs, gone...)
	}
	s.sweep()
	return out, nil
}

func (r *repository) remove(id ImageID) ([]ImageID, *ImageFailure) {
	m, failure := r.image(id)
	if failure != nil {
		return nil, failure
	}
	tags := r.tagsOf(m.digest)
	if id.ImageDigest == "" && len(tags) > 1 {
		delete(r.tags, id.ImageTag)
		return []ImageID{{m.digest, id.ImageTag}}, nil
	}
	if r.holds(m.digest) {
		return nil, failed(id, "ImageReferencedByManifestList", "Requested image referenced by manifest list")
	}
	delete(r.images, m.digest)
	for _, layer := range m.layers {
		if !r.needs(layer) {
			delete(r.layers, layer)
		}
	}
	gone := []ImageID{}
	for _, tag := range tags {
		delete(r.tags, tag)
		gone = append(gone, ImageID{m.digest, tag})
	}
	if len(tags) == 0 {
		gone = append(gone, ImageID{ImageDigest: m.digest})
	}
	return gone, nil
}
