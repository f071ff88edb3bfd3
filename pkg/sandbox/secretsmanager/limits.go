package secretsmanager

import "time"

const (
	// MaxSecrets bounds the secrets, so that no caller can fill the memory with names; AWS has 500,000.
	MaxSecrets = 1000
	// maxVersions is how many versions a secret has, as on AWS.
	maxVersions = 100
	// maxValueBytes is the longest value, as on AWS.
	maxValueBytes = 64 << 10
	// maxRequestBytes bounds a request: a value of which every byte is escaped, and room.
	maxRequestBytes = 6*maxValueBytes + 64<<10
	// maxListed is the most secrets that one call answers, as on AWS.
	maxListed = 100
	// defaultWindow, minWindow and maxWindow are the days between the request to delete a secret and its end.
	defaultWindow, minWindow, maxWindow = 30, 7, 30
	day                                 = 24 * time.Hour
	// defaultPasswordLength and maxPasswordLength are those of generated passwords.
	defaultPasswordLength, maxPasswordLength = 32, 4096
)
