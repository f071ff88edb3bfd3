package ecr

import "context"

// BatchCheckLayerAvailabilityInput names layers.
type BatchCheckLayerAvailabilityInput struct {
	RegistryID     string `json:"registryId"`
	RepositoryName string
	LayerDigests   []string
}

// Layer says whether a layer is there.
type Layer struct {
	LayerDigest       string `json:"layerDigest"`
	LayerAvailability string `json:"layerAvailability"`
	LayerSize         int64  `json:"layerSize"`
}

// LayerFailure is a layer that cannot be.
type LayerFailure struct {
	LayerDigest   string `json:"layerDigest"`
	FailureCode   string `json:"failureCode"`
	FailureReason string `json:"failureReason"`
}

// BatchCheckLayerAvailabilityOutput are the layers that were asked for.
type BatchCheckLayerAvailabilityOutput struct {
	Layers   []Layer        `json:"layers"`
	Failures []LayerFailure `json:"failures"`
}

// BatchCheckLayerAvailability says which layers are in a repository.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchCheckLayerAvailability.html
func (s *Service) BatchCheckLayerAvailability(_ context.Context, in BatchCheckLayerAvailabilityInput) (BatchCheckLayerAvailabilityOutput, error) {
	out := BatchCheckLayerAvailabilityOutput{Layers: []Layer{}, Failures: []LayerFailure{}}
	if err := checkBatch("layerDigests", len(in.LayerDigests)); err != nil {
		return out, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(in.RegistryID, in.RepositoryName)
	if err != nil {
		return out, err
	}
	for _, digest := range in.LayerDigests {
		switch {
		case !digestExpr.MatchString(digest):
			out.Failures = append(out.Failures, LayerFailure{digest, "InvalidLayerDigest", "Invalid request parameters: layer digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'"})
		case r.layers[digest]:
			out.Layers = append(out.Layers, Layer{digest, "AVAILABLE", s.blobs[digest]})
		default:
			out.Layers = append(out.Layers, Layer{digest, "UNAVAILABLE", 0})
		}
	}
	return out, nil
}
