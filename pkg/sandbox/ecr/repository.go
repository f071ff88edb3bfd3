package ecr

import (
	"maps"
	"slices"
	"time"
)

// Repository is what the API says of a repository.
type Repository struct {
	RepositoryARN              string            `json:"repositoryArn"`
	RegistryID                 string            `json:"registryId"`
	RepositoryName             string            `json:"repositoryName"`
	RepositoryURI              string            `json:"repositoryUri"`
	CreatedAt                  float64           `json:"createdAt"` // seconds since the epoch
	ImageTagMutability         string            `json:"imageTagMutability"`
	ImageScanningConfiguration map[string]bool   `json:"imageScanningConfiguration"`
	EncryptionConfiguration    map[string]string `json:"encryptionConfiguration"`
}

// Tag is a name and a value that somebody gave a repository.
type Tag struct{ Key, Value string }

// repository is one, with its images.
type repository struct {
	Repository
	labels []Tag
	policy string // of lifecycle; empty for none

	images map[string]*manifest // by digest
	tags   map[string]string    // to digests
	layers map[string]bool      // digests of blobs that have been pushed to it
}

// manifest is an image, or an index of images. Its text is a blob like the others.
type manifest struct {
	digest, mediaType string
	size              int64 // of the manifest itself
	pushed            time.Time
	layers            []string // the configuration and the layers
	bytes             int64    // of the layers, compressed
	images            []string // of an index
}

// tagsOf returns the tags of an image, sorted.
func (r *repository) tagsOf(digest string) []string {
	var tags []string
	for _, tag := range slices.Sorted(maps.Keys(r.tags)) {
		if r.tags[tag] == digest {
			tags = append(tags, tag)
		}
	}
	return tags
}

// holds says whether an index of the repository refers to an image.
func (r *repository) holds(digest string) bool {
	for _, m := range r.images {
		if slices.Contains(m.images, digest) {
			return true
		}
	}
	return false
}

// needs says whether an image of the repository has a layer.
func (r *repository) needs(layer string) bool {
	for _, m := range r.images {
		if slices.Contains(m.layers, layer) {
			return true
		}
	}
	return false
}

// epoch is a time as the API writes it.
func epoch(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
