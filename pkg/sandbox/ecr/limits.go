package ecr

import "time"

const (
	// DefaultMaxBytes is the budget of all blobs together, on disk: some hundred images of one Go program.
	DefaultMaxBytes = 4 << 30
	// MaxRepositories bounds the repositories, so that no caller can fill the memory with names.
	MaxRepositories = 1000
	// MaxImages bounds the images of a repository, and its tags.
	MaxImages = 1000
	// maxLayers bounds what a manifest may refer to.
	maxLayers = 1000
	// maxUploads bounds the uploads under way; the oldest is given up for a new one.
	maxUploads = 64
	// maxManifestBytes is the largest manifest (imageManifest in the API's model).
	maxManifestBytes = 4 << 20
	// maxRequestBytes bounds a request of the API: a lifecycle policy of which every byte is escaped, and room.
	maxRequestBytes = 256 << 10
	maxPolicyBytes  = 30_720
	maxName         = 256
	maxBatch        = 100
	maxPage         = 1000
	defaultPage     = 100
	// tokenTime is how long a password is good for, as on AWS.
	tokenTime = 12 * time.Hour
	// maxUnpackedBytes and maxUnpackedFiles bound what one image unpacks to.
	maxUnpackedBytes = 2 << 30
	maxUnpackedFiles = 100_000
)
