package ecr

// ImageID names an image of a repository, by one of the two or both.
type ImageID struct {
	ImageDigest string `json:"imageDigest,omitempty"`
	ImageTag    string `json:"imageTag,omitempty"`
}

// ImageFailure is an image that was not found, and why.
type ImageFailure struct {
	ImageID       ImageID `json:"imageId"`
	FailureCode   string  `json:"failureCode"`
	FailureReason string  `json:"failureReason"`
}

func failed(id ImageID, code, reason string) *ImageFailure {
	return &ImageFailure{ImageID: id, FailureCode: code, FailureReason: reason}
}

// image finds an image; s.mu of the service is held.
func (r *repository) image(id ImageID) (*manifest, *ImageFailure) {
	digest := id.ImageDigest
	switch {
	case id == ImageID{}:
		return nil, failed(id, "MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null")
	case digest != "" && !digestExpr.MatchString(digest):
		return nil, failed(id, "InvalidImageDigest", "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'")
	case id.ImageTag != "" && digest == "":
		digest = r.tags[id.ImageTag]
	case id.ImageTag != "" && r.tags[id.ImageTag] != digest:
		return nil, failed(id, "ImageTagDoesNotMatchDigest", "Requested image tag does not match the digest")
	}
	if m := r.images[digest]; m != nil {
		return m, nil
	}
	return nil, failed(id, "ImageNotFound", "Requested image not found")
}

func checkBatch(member string, n int) *Error {
	if n < 1 || n > maxBatch {
		return errorf(CodeInvalidParameter, "Invalid parameter at '%s' failed to satisfy constraint: 'must have 1 to %d elements'", member, maxBatch)
	}
	return nil
}
